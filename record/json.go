package record

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/party"
)

// maxJSON bounds the JSON of a body: the same content in CBOR is far smaller.
const maxJSON = 512 << 10

// BodyFromJSON reads a body of the kind from JSON as people and programs write
// it: times in RFC 3339, hashes in hex, lanes and precedences by word, points in
// degrees, altitudes as "FL300" or "5000ft AMSL". It is strict: an unknown field,
// a name in other case, a field given twice, null, and anything behind the end
// are errors that name the field; so is what Body.Validate refuses.
func BodyFromJSON(k Kind, b []byte) (Body, error) {
	pointer := newBody(k)
	if pointer == nil {
		return nil, bad("kind", "%.40q is not known", string(k))
	}
	if err := strictJSON(b, pointer); err != nil {
		return nil, under("body", err)
	}
	body := value(pointer)
	if err := body.Validate(); err != nil {
		return nil, under("body", err)
	}
	return body, nil
}

// UnmarshalJSON reads what json.Marshal writes of a record, as strictly as
// BodyFromJSON. JSON carries no signature: nothing read this way is proof.
func (r *Record) UnmarshalJSON(b []byte) error {
	var in struct {
		Kind    Kind        `json:"kind"`
		Version uint8       `json:"version"`
		Key     party.KeyID `json:"key"`
		Envelope
		Body json.RawMessage `json:"body"`
	}
	if err := strictJSON(b, &in); err != nil {
		return under("record", err)
	}
	body, err := BodyFromJSON(in.Kind, in.Body)
	if err != nil {
		return err
	}
	got := Record{in.Kind, in.Version, in.Key, in.Envelope, body}
	if err := got.Validate(); err != nil {
		return err
	}
	*r = got
	return nil
}

// strictJSON reads one value and nothing else.
func strictJSON(b []byte, v any) error {
	if len(b) > maxJSON {
		return bad("", "%d bytes of JSON, at most %d", len(b), maxJSON)
	}
	// The decoder would put U+FFFD for what is no text, and what is signed
	// would not be what was typed.
	if !utf8.Valid(b) {
		return bad("", "is not UTF-8")
	}
	if loneSurrogate(b) {
		return bad("", `holds half of a character: \ud800 to \udfff stand in pairs only`)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := checkJSON(d, "", 0); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return bad("", "has something behind its end")
	}
	d = json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		return nil
	}
	if found := findInJSON(reflect.TypeOf(v).Elem(), b, ""); found != nil {
		return found
	}
	return bad("", "%s", jsonFault(err))
}

// loneSurrogate reports whether b escapes half of a UTF-16 pair without the
// other. Backslashes stand in strings only, so the rest need not be looked at.
func loneSurrogate(b []byte) bool {
	unit := func(b []byte) uint64 {
		if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
			return 0
		}
		n, _ := strconv.ParseUint(string(b[2:6]), 16, 16)
		return n
	}
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		switch unit(b[i:]) >> 10 {
		case 0xd800 >> 10:
			if unit(b[min(i+6, len(b)):])>>10 != 0xdc00>>10 {
				return true
			}
			i += 11
		case 0xdc00 >> 10:
			return true
		default:
			i++ // whatever is escaped, a backslash too
		}
	}
	return false
}

// findInJSON finds the place that json.Decoder refused, so that the error can
// name it: the decoder itself names no field where a text has a wrong form.
func findInJSON(t reflect.Type, b []byte, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	_, own := reflect.New(t).Interface().(json.Unmarshaler)
	_, text := reflect.New(t).Interface().(encoding.TextUnmarshaler)
	bytesOrPlain := t.Kind() != reflect.Struct && (t.Kind() != reflect.Slice || t.Elem().Kind() == reflect.Uint8)
	if own || text || bytesOrPlain {
		if err := json.Unmarshal(b, reflect.New(t).Interface()); err != nil {
			return bad(path, "%s", jsonFault(err))
		}
		return nil
	}
	if t.Kind() == reflect.Slice {
		var items []json.RawMessage
		if err := json.Unmarshal(b, &items); err != nil {
			return bad(path, "%s", jsonFault(err))
		}
		for i, item := range items {
			if err := findInJSON(t.Elem(), item, at(path, i)); err != nil {
				return err
			}
		}
		return nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(b, &object); err != nil {
		return bad(path, "%s", jsonFault(err))
	}
	types := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			types[name] = f.Type
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		sub := strings.TrimPrefix(fmt.Sprintf("%s.%.60s", path, name), ".")
		ft, ok := types[name]
		if !ok {
			return bad(sub, "is no field of this")
		}
		if err := findInJSON(ft, object[name], sub); err != nil {
			return err
		}
	}
	return nil
}

// jsonFault says in words what the JSON package found.
func jsonFault(err error) string {
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		return fmt.Sprintf("is a JSON %.40s, want %s", typ.Value, jsonName(typ))
	}
	return fmt.Sprintf("%.200s", strings.TrimPrefix(err.Error(), "json: "))
}

// jsonName says in JSON's words what a Go type wants.
func jsonName(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "string":
		return "a string"
	case "bool":
		return "true or false"
	case "slice", "array":
		return "an array"
	case "struct", "map":
		return "an object"
	}
	return "a whole number in range"
}

// maxJSONDepth bounds the nesting; the deepest body needs seven.
const maxJSONDepth = 16

// checkJSON walks one value: every name once and in lower case, no null.
func checkJSON(d *json.Decoder, path string, depth int) error {
	t, err := d.Token()
	if err != nil {
		return bad(path, "is no JSON: %s", err)
	}
	if depth > maxJSONDepth {
		return bad(path, "is nested deeper than %d", maxJSONDepth)
	}
	switch t {
	case nil:
		return bad(path, "is null: leave it out")
	case json.Delim('{'):
		return checkObject(d, path, depth)
	case json.Delim('['):
		for i := 0; d.More(); i++ {
			if err := checkJSON(d, at(path, i), depth+1); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	if err != nil {
		return bad(path, "is no JSON: %s", err)
	}
	return nil
}

// lowerASCII reports whether a name has neither capitals nor characters outside
// ASCII, some of which fold to the letters of another name.
func lowerASCII(name string) bool {
	for i := range len(name) {
		if name[i] >= 'A' && name[i] <= 'Z' || name[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func checkObject(d *json.Decoder, path string, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return bad(path, "is no JSON: %s", err)
		}
		name, _ := t.(string)
		sub := fmt.Sprintf("%.60s", name)
		if path != "" {
			sub = path + "." + sub
		}
		if !lowerASCII(name) { // the decoder folds case, and the long s too
			return bad(sub, "is no field of this: names are in lower case")
		}
		if seen[name] {
			return bad(sub, "stands there twice")
		}
		seen[name] = true
		if err := checkJSON(d, sub, depth+1); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return bad(path, "is no JSON: %s", err)
	}
	return nil
}
