package record

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestTheTwoReadingsOfTheWireAgree: what the decoder with the comparison
// refuses, the finder finds the place of, and the finder finds nothing in what
// they accept. The bytes are good bodies with a few bytes changed, put in or
// taken out.
func TestTheTwoReadingsOfTheWireAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := genRecord().Draw(t, "record")
		b := mustMarshal(x.Body)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			c := rapid.SampledFrom([]byte{0, 1, 0x18, 0x1b, 0x40, 0x60, 0x80, 0xa0, 0xc0, 0xd2, 0xf4, 0xf5, 0xf6, 0xf9, 0xff, b[i] ^ 1, b[i] + 1}).Draw(t, "byte")
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				b[i] = c
			case 1:
				b = append(b[:i], append([]byte{c}, b[i:]...)...)
			default:
				b = append(b[:i], b[i+1:]...)
				if len(b) == 0 {
					b = []byte{0}
				}
			}
		}
		agree(t, x.Body.Kind(), b)
	})
}

func agree(t interface{ Fatalf(string, ...any) }, k Kind, b []byte) {
	v := newBody(k)
	err := decoder.Unmarshal(b, v)
	good := err == nil && bytes.Equal(mustMarshal(v), b)
	found := finder{}.find(reflect.TypeOf(v).Elem(), b, "body")
	if good != (found == nil) {
		t.Fatalf("%s %x: the decoder says %v (same bytes again: %v), the finder %v", k, b, err, good, found)
	}
}

// TestEveryWireFaultIsNamed: hand-made bytes, each wrong in one way, in the
// place of a say {2: "x"} or a minute.
func TestEveryWireFaultIsNamed(t *testing.T) {
	for _, c := range []struct {
		kind   Kind
		bytes  string
		reason string
	}{
		{KindSay, "a102" + "6178" + "00", "body: has 1 bytes behind its end"},
		{KindSay, "a2" + "026178" + "116178", "body: unknown field 17"},
		{KindSay, "a2" + "026178" + "206178", "body: unknown field -1"},
		{KindSay, "a2" + "036178" + "026178", "body.text: stands out of order"},
		{KindSay, "a2" + "026178" + "026179", "body.text: stands there twice"},
		{KindSay, "a1" + "1802" + "6178", "body: has a label that is not in its shortest form"},
		{KindSay, "a1" + "026132" + "00", "body: has 1 bytes behind its end"},
		{KindSay, "a1" + "6132" + "6178", "body: has a label that is no integer"},
		{KindSay, "b80102" + "6178", "body: is not in its shortest form"},
		{KindSay, "bf026178ff", "body: is not well-formed"},
		{KindSay, "a102" + "780178", "body.text: is not in its shortest form"},
		{KindSay, "a102" + "7f6178ff", "body: is not well-formed"},
		{KindSay, "a102" + "61ff", "body"},
		{KindSay, "a102" + "60", "body.text: is empty: leave it out"},
		{KindSay, "a102" + "4178", "body.text: is no text string"},
		{KindSay, "a102" + "f6", "body.text: is null"},
		{KindSay, "a102" + "c06178", "body"},
		{KindSay, "a2" + "026178" + "0480", "body.volumes: is empty: leave it out"},
		{KindSay, "8102", "body: is no map"},
		{KindSay, "a101a2" + "0161410280", "body.phrase.params: is empty"},
		{KindMinute, "a0", "body.from: is missing"},
		{KindMinute, "a101f93c00", "body.from: is null, a float"},
		{KindMinute, "a101fb3ff0000000000000", "body.from: is null, a float"},
		{KindMinute, "a101c11a00000001", "body"},
		{KindMinute, "a2010102" + "1b0000000100000000", "body.reports: cannot unmarshal"},
		{KindMinute, "a20101021a00000001", "body.reports: is not in its shortest form"},
		{KindMinute, "a4010102000300044101", "body.digest: 1 bytes, want 32"},
		{KindMinute, "a40101020003000481" + "01", "body.digest: is no byte string"},
		{KindReceived, "a10181a1" + "0162525500", "body"},
		{KindReceived, "a10181a0", "body.heads[0].party: is missing"},
		{KindReceived, "a101a0", "body.heads: is no array"},
		{KindNotice, "a10160", "body.class"}, // empty, but wanted: the body's own rule
	} {
		v := newBody(c.kind)
		err := unmarshal("body", unhexed(c.bytes), v)
		if err == nil {
			err = under("body", value(v).Validate())
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.reason) {
			t.Errorf("%s %s: %v, want %q", c.kind, c.bytes, err, c.reason)
		}
		agree(t, c.kind, unhexed(c.bytes))
	}
}

// FuzzParse: no bytes make Parse panic; what parses is written again as the
// same bytes, verifies by the same rules, and its JSON can be read back.
func FuzzParse(f *testing.F) {
	for _, x := range samples() {
		f.Add(must(Seal(x.Envelope, x.Body, signerOf("duty"))))
	}
	f.Fuzz(func(t *testing.T, leaf []byte) {
		p, err := Parse(leaf)
		if err != nil {
			wantNamed(t, err)
			return
		}
		protected, content := p.bytes()
		if again := join(protected, content, p.sig); !bytes.Equal(again, leaf) {
			t.Fatalf("%x parses, and is written again as %x", leaf, again)
		}
		_ = p.Verify(signerOf("duty").Public())
		b, err := p.Record.json()
		if err != nil {
			t.Fatalf("%x: no JSON: %v", leaf, err)
		}
		var back Record
		if err := back.UnmarshalJSON(b); err != nil || !bytes.Equal(mustMarshal(back.Body), mustMarshal(p.Body)) {
			t.Fatalf("%s isn't read back: %v", b, err)
		}
	})
}

// FuzzParseCharter: the same for charters.
func FuzzParseCharter(f *testing.F) {
	f.Add(must(MarshalCharter(charterOf("IL"))))
	f.Add(must(MarshalCharter(charterOf("IL", "RU", "SY"))))
	f.Add(must(MarshalCharter(amend(charterOf("IL", "RU"), nil))))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCharter(b)
		if err != nil {
			wantNamed(t, err)
			return
		}
		if again, err := MarshalCharter(c); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x parses, and is written again as %x (%v)", b, again, err)
		}
	})
}

// FuzzBodyFromJSON: no text makes it panic, and what it accepts can be sealed
// and comes back from its own JSON.
func FuzzBodyFromJSON(f *testing.F) {
	kinds := Kinds()
	for _, x := range samples() {
		for i, k := range kinds {
			if k == x.Body.Kind() {
				f.Add(uint8(i), must(jsonOf(x.Body)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, k uint8, b []byte) {
		kind := kinds[int(k)%len(kinds)]
		body, err := BodyFromJSON(kind, b)
		if err != nil {
			wantNamed(t, err)
			return
		}
		again, err := BodyFromJSON(kind, must(jsonOf(body)))
		if err != nil || !bytes.Equal(mustMarshal(again), mustMarshal(body)) {
			t.Fatalf("%s: %+v isn't read back: %v", b, body, err)
		}
		v := newBody(kind)
		if err := unmarshal("body", mustMarshal(body), v); err != nil {
			t.Fatalf("%s: what was read from JSON isn't read from CBOR: %v", b, err)
		}
	})
}
