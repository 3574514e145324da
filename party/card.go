package party

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"parley/utc"
)

// The bounds of a card.
const (
	MaxName      = 64 // bytes of a party's or officer's name
	MaxOfficers  = 64
	MaxAddresses = 8
)

var (
	idForm      = regexp.MustCompile(`^[A-Z][A-Z0-9-]{0,15}$`)
	officerForm = regexp.MustCompile(`^[a-z][a-z0-9.-]{0,31}$`)
	hostForm    = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])$`)
)

// Validate refuses an ID that is not one to sixteen of A-Z, 0-9 and "-",
// beginning with a letter.
func (id ID) Validate() error {
	if !idForm.MatchString(string(id)) {
		return fmt.Errorf(`party %.20q: want 1 to 16 of A-Z, 0-9 and "-", beginning with a letter`, string(id))
	}
	return nil
}

// CheckOfficerID refuses what cannot name an officer: one to 32 of a-z, 0-9,
// "." and "-", beginning with a letter.
func CheckOfficerID(id string) error {
	if !officerForm.MatchString(id) {
		return fmt.Errorf(`%.40q: want 1 to 32 of a-z, 0-9, "." and "-", beginning with a letter`, id)
	}
	return nil
}

// Known reports whether r is a role that this release knows.
func (r Role) Known() bool { return r == Duty || r == Deputy || r == Chief || r == Observer }

// Has reports whether the officer was ever given the role.
func (o Officer) Has(role Role) bool {
	for _, r := range o.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Holds reports whether the officer has the role and the key is good at the
// instant: From included, Until not.
func (o Officer) Holds(role Role, at utc.Time) bool { return o.Has(role) && o.Good(at) }

// Good reports whether the officer's key is good at the instant: From
// included, Until not.
func (o Officer) Good(at utc.Time) bool {
	return (o.From.IsZero() || at >= o.From) && (o.Until.IsZero() || at < o.Until)
}

// Validate checks one officer by itself; the error names the field.
func (o Officer) Validate() error {
	if err := CheckOfficerID(o.ID); err != nil {
		return fmt.Errorf("id %w", err)
	}
	if err := checkName(o.Name); err != nil {
		return fmt.Errorf("name %w", err)
	}
	if len(o.Roles) == 0 {
		return errors.New("roles: at least one of duty, deputy, chief, observer is needed")
	}
	for i, r := range o.Roles {
		if !r.Known() {
			return fmt.Errorf("roles: %.20q is none of duty, deputy, chief, observer", string(r))
		}
		for _, q := range o.Roles[:i] {
			if q == r {
				return fmt.Errorf("roles: %q stands there twice", string(r))
			}
		}
	}
	if err := o.Key.Validate(); err != nil {
		return fmt.Errorf("key %w", err)
	}
	if !o.From.IsZero() && !o.From.Valid() {
		return errors.New("from is outside 1970 to 2199")
	}
	if !o.Until.IsZero() && !o.Until.Valid() {
		return errors.New("until is outside 1970 to 2199")
	}
	if !o.Until.IsZero() && o.Until <= o.From {
		return errors.New("until is not after from")
	}
	return nil
}

// Validate checks the card; the error names the field. Every key on it must be
// different: one key per kind of statement.
func (c Card) Validate() error {
	if err := c.Party.Validate(); err != nil {
		return err
	}
	if err := checkName(c.Name); err != nil {
		return fmt.Errorf("name %w", err)
	}
	held := map[KeyID]string{} // by id: two keys that records could not tell apart are one key too many
	hold := func(k Key, what string) error {
		if err := k.Validate(); err != nil {
			return fmt.Errorf("%s %w", what, err)
		}
		if other, twice := held[k.ID()]; twice {
			return fmt.Errorf("%s is the same key as %s, or has the same id: one key per kind of statement", what, other)
		}
		held[k.ID()] = what
		return nil
	}
	for _, k := range []struct {
		what string
		key  Key
	}{{"log", c.Log}, {"receipt", c.Receipt}, {"node", c.Node}, {"link", c.Link}} {
		if err := hold(k.key, k.what); err != nil {
			return err
		}
	}
	if len(c.Officers) == 0 || len(c.Officers) > MaxOfficers {
		return fmt.Errorf("officers: %d of them, want 1 to %d", len(c.Officers), MaxOfficers)
	}
	ids, chief := map[string]bool{}, false
	for i, o := range c.Officers {
		if err := o.Validate(); err != nil {
			return fmt.Errorf("officers[%d].%w", i, err)
		}
		if ids[o.ID] {
			return fmt.Errorf("officers[%d].id: %q stands there twice", i, o.ID)
		}
		ids[o.ID], chief = true, chief || o.Has(Chief)
		if err := hold(o.Key, fmt.Sprintf("officers[%d].key", i)); err != nil {
			return err
		}
	}
	if !chief {
		return errors.New("officers: none has the role chief, so nobody could sign a charter")
	}
	return c.checkAddresses()
}

func (c Card) checkAddresses() error {
	if len(c.Addresses) > MaxAddresses {
		return fmt.Errorf("addresses: %d of them, at most %d", len(c.Addresses), MaxAddresses)
	}
	for i, a := range c.Addresses {
		cut := strings.LastIndexByte(a, ':')
		if cut < 0 || !hostForm.MatchString(a[:cut]) {
			return fmt.Errorf("addresses[%d]: %.60q is not host:port", i, a)
		}
		port, err := strconv.ParseUint(a[cut+1:], 10, 16)
		if err != nil || port == 0 || strconv.FormatUint(port, 10) != a[cut+1:] {
			return fmt.Errorf("addresses[%d]: %.60q has no port of 1 to 65535", i, a)
		}
	}
	return nil
}

func checkName(s string) error {
	if Blank(s) {
		return errors.New("is missing")
	}
	return CheckLine(s, MaxName)
}

// Officer gives the officer of that id.
func (c Card) Officer(id string) (Officer, bool) {
	for _, o := range c.Officers {
		if o.ID == id {
			return o, true
		}
	}
	return Officer{}, false
}

// OfficerByKey gives the officer whose key has that id.
func (c Card) OfficerByKey(id KeyID) (Officer, bool) {
	for _, o := range c.Officers {
		if o.Key.ID() == id {
			return o, true
		}
	}
	return Officer{}, false
}

var cardMode = func() cbor.EncMode {
	opts := cbor.CoreDetEncOptions()
	opts.NilContainers = cbor.NilContainerAsEmpty
	m, err := opts.EncMode()
	if err != nil {
		panic(err) // constant options: cannot happen
	}
	return m
}()

// Fingerprint gives SHA-256("parley card v1\n" || the card's deterministic
// CBOR): what two officers compare as words before either signs a charter.
func (c Card) Fingerprint() [32]byte {
	b, err := cardMode.Marshal(c)
	if err != nil {
		panic(err) // only strings, bytes and integers: cannot happen
	}
	return sha256.Sum256(append([]byte("parley card v1\n"), b...))
}

// Keys gives every key on the card, the machine's first.
func (c Card) Keys() []Key {
	ks := []Key{c.Log, c.Receipt, c.Node, c.Link}
	for _, o := range c.Officers {
		ks = append(ks, o.Key)
	}
	return ks
}
