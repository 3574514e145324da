package record

import (
	"errors"
	"fmt"
	"strings"
)

// InvalidError says what is wrong with a record, a body or a charter. A leaf
// with this error is stored, receipted, alarmed and never acted on.
type InvalidError struct {
	Field string // "body.volumes[2]", "signature", "leaf"
	Why   string // in words, without the field
}

// Error gives "field: why".
func (e *InvalidError) Error() string { return e.Field + ": " + e.Why }

// UnreadableError says that a leaf was written by a newer release: a higher
// version of the format, or a kind this release does not know. Its shape is
// right; its content was not looked at, nor its signature.
type UnreadableError struct {
	Kind    Kind
	Version uint64
}

// Error says what would be needed to read the leaf.
func (e *UnreadableError) Error() string {
	if e.Version > Version {
		return fmt.Sprintf("unreadable: %q of version %d, this release reads version %d", string(e.Kind), e.Version, Version)
	}
	return fmt.Sprintf("unreadable: this release doesn't know the kind %q", string(e.Kind))
}

// bad makes an *InvalidError.
func bad(field, format string, args ...any) error {
	return &InvalidError{Field: field, Why: fmt.Sprintf(format, args...)}
}

// badField wraps a reason that another package gave.
func badField(field string, err error) error {
	return &InvalidError{Field: field, Why: err.Error()}
}

// under puts a prefix before the field of err.
func under(prefix string, err error) error {
	if err == nil {
		return nil
	}
	var inv *InvalidError
	if !errors.As(err, &inv) {
		return badField(prefix, err)
	}
	sep := "."
	if inv.Field == "" || strings.HasPrefix(inv.Field, "[") {
		sep = ""
	}
	return &InvalidError{Field: prefix + sep + inv.Field, Why: inv.Why}
}
