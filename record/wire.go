package record

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// encoder writes deterministic CBOR (RFC 8949, 4.2.1): shortest integers,
// definite lengths, map keys ascending by their bytes.
var encoder = func() cbor.EncMode {
	o := cbor.CoreDetEncOptions()
	o.NilContainers = cbor.NilContainerAsEmpty
	o.TagsMd = cbor.TagsForbidden
	m, err := o.EncMode()
	if err != nil {
		panic(err) // constant options: cannot happen
	}
	return m
}()

// decoder reads it, bounded in depth and counts; lenient passes over fields
// that it does not know, and is used only to find a newer version.
var decoder, lenient = decMode(cbor.ExtraDecErrorUnknownField), decMode(cbor.ExtraDecErrorNone)

func decMode(extra cbor.ExtraDecErrorCond) cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:   16,
		MaxArrayElements:  1024,
		MaxMapPairs:       32,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: extra,
		UTF8:              cbor.UTF8RejectInvalid,
		BignumTag:         cbor.BignumTagForbidden,
		NaN:               cbor.NaNDecodeForbidden,
		Inf:               cbor.InfDecodeForbidden,
	}.DecMode()
	if err != nil {
		panic(err) // constant options: cannot happen
	}
	return m
}

// mustMarshal writes what this package's own types hold: strings, bytes,
// integers and booleans, which cannot fail.
func mustMarshal(v any) []byte {
	b, err := encoder.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("record: couldn't write %T: %v", v, err))
	}
	return b
}

// unmarshal reads b into v (a pointer to a struct) and refuses whatever
// encoder would not have written. The decoder and the comparison decide; only
// when they refuse is the place looked for.
func unmarshal(field string, b []byte, v any) error {
	err := decoder.Unmarshal(b, v)
	if err == nil && bytes.Equal(mustMarshal(v), b) {
		return nil
	}
	if f := (finder{}).find(reflect.TypeOf(v).Elem(), b, field); f != nil {
		return f
	}
	if err == nil {
		return bad(field, "is not in the one encoding")
	}
	return badField(field, err)
}

// finder finds the place where bytes differ from the one encoding of a type. It
// is a second reading of the rules, apart from the decoder's; the tests hold
// the two against each other.
type finder struct{}

// find gives the first place in b that is wrong for t, or nil. Its depth is
// bounded by the types, none of which holds itself.
func (f finder) find(t reflect.Type, b []byte, path string) error {
	var raw cbor.RawMessage
	rest, err := decoder.UnmarshalFirst(b, &raw)
	if err != nil {
		return bad(path, "is not well-formed: %s", strings.TrimPrefix(err.Error(), "cbor: "))
	}
	if len(rest) > 0 {
		return bad(path, "has %d bytes behind its end", len(rest))
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[cbor.RawMessage]() {
		return nil // read by itself, later
	}
	major, n, size, err := head(raw)
	if err != nil {
		return badField(path, err)
	}
	isBytes := (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && t.Elem().Kind() == reflect.Uint8
	switch {
	case t.Kind() == reflect.Struct:
		if major != 5 {
			return bad(path, "is no map")
		}
		return f.findInMap(t, raw[size:], n, path)
	case isBytes:
		if major != 2 {
			return bad(path, "is no byte string")
		}
		if t.Kind() == reflect.Array && n != uint64(t.Len()) {
			return bad(path, "%d bytes, want %d", n, t.Len())
		}
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		if major != 4 {
			return bad(path, "is no array")
		}
		if t.Kind() == reflect.Array && n != uint64(t.Len()) {
			return bad(path, "%d items, want %d", n, t.Len())
		}
		return f.findInArray(t.Elem(), raw[size:], path)
	case t.Kind() == reflect.String:
		if major != 3 {
			return bad(path, "is no text string")
		}
	case t.Kind() == reflect.Bool:
		if len(raw) != 1 || raw[0] != 0xf4 && raw[0] != 0xf5 {
			return bad(path, "is neither true nor false")
		}
	case major > 1:
		return bad(path, "is no integer")
	}
	if err := decoder.Unmarshal(raw, reflect.New(t).Interface()); err != nil {
		return bad(path, "%s", strings.TrimPrefix(err.Error(), "cbor: "))
	}
	return nil
}

func (f finder) findInArray(elem reflect.Type, b []byte, path string) error {
	for i := 0; len(b) > 0; i++ {
		var raw cbor.RawMessage
		rest, err := decoder.UnmarshalFirst(b, &raw)
		if err != nil {
			return badField(at(path, i), err)
		}
		if err := f.find(elem, raw, at(path, i)); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// field is how one field of a struct is written.
type field struct {
	name     string
	typ      reflect.Type
	optional bool
}

// fields gives the fields of t by label, from its tags.
func fields(t reflect.Type) map[int64]field {
	m := map[int64]field{}
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := strings.Split(sf.Tag.Get("cbor"), ",")
		label, err := strconv.ParseInt(tag[0], 10, 64)
		if err != nil {
			continue
		}
		name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if name == "" {
			name = strings.ToLower(strings.Replace(sf.Name, "E7", "_E7", 1))
		}
		opt := tag[len(tag)-1]
		m[label] = field{name, sf.Type, opt == "omitempty" || opt == "omitzero"}
	}
	return m
}

func (f finder) findInMap(t reflect.Type, b []byte, pairs uint64, path string) error {
	known, seen := fields(t), map[int64]bool{}
	var last []byte
	for range pairs {
		var key, val cbor.RawMessage
		rest, err := decoder.UnmarshalFirst(b, &key)
		if err != nil {
			return badField(path, err)
		}
		if rest, err = decoder.UnmarshalFirst(rest, &val); err != nil {
			return badField(path, err)
		}
		b = rest
		var label int64
		if _, _, _, err := head(key); err != nil {
			return bad(path, "has a label that %s", err)
		}
		if err := decoder.Unmarshal(key, &label); err != nil || key[0]>>5 > 1 {
			return bad(path, "has a label that is no integer")
		}
		fd, ok := known[label]
		switch {
		case !ok:
			return bad(path, "unknown field %d", label)
		case seen[label]:
			return bad(path+"."+fd.name, "stands there twice")
		case last != nil && bytes.Compare(last, key) >= 0:
			return bad(path+"."+fd.name, "stands out of order: labels ascend")
		}
		seen[label], last = true, key
		if err := f.find(fd.typ, val, path+"."+fd.name); err != nil {
			return err
		}
		if fd.optional && blank(fd.typ, val) {
			return bad(path+"."+fd.name, "is empty: leave it out")
		}
	}
	for i := range t.NumField() { // in the order of the type, so that the answer is always the same
		label, err := strconv.ParseInt(strings.Split(t.Field(i).Tag.Get("cbor"), ",")[0], 10, 64)
		if err == nil && !seen[label] && !known[label].optional {
			return bad(path+"."+known[label].name, "is missing")
		}
	}
	return nil
}

// blank reports whether val is what the encoder leaves out of an optional field.
func blank(t reflect.Type, val []byte) bool {
	if t.Kind() == reflect.Pointer {
		return false
	}
	switch val[0] {
	case 0x00, 0x40, 0x60, 0x80, 0xf4:
		return true
	}
	v := reflect.New(t)
	return t.Kind() != reflect.Slice && decoder.Unmarshal(val, v.Interface()) == nil && v.Elem().IsZero()
}

// head reads the first bytes of an item: its major type, its argument, how many
// bytes they are. An argument longer than it need be, a tag, a float, null and
// undefined are refused.
func head(b []byte) (major byte, arg uint64, size int, err error) {
	major, info := b[0]>>5, b[0]&31
	switch {
	case major == 6:
		return 0, 0, 0, fmt.Errorf("carries a tag")
	case major == 7 && info != 20 && info != 21:
		return 0, 0, 0, fmt.Errorf("is null, a float or another simple value")
	case info < 24:
		return major, uint64(info), 1, nil
	case info > 27:
		return 0, 0, 0, fmt.Errorf("has no definite length")
	}
	size = 1 + 1<<(info-24)
	for _, c := range b[1:size] {
		arg = arg<<8 | uint64(c)
	}
	if least := [...]uint64{24, 1 << 8, 1 << 16, 1 << 32}[info-24]; arg < least {
		return 0, 0, 0, fmt.Errorf("is not in its shortest form")
	}
	return major, arg, size, nil
}
