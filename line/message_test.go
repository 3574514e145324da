package line

import (
	"bytes"
	"strings"
	"testing"

	"parley/record"
)

// every gives one message of each kind, all fields filled.
func every() []Message {
	log := LogRef{Party: "IL", Lane: record.Urgent, Incarnation: 1}
	return []Message{
		Hello{Version: 1, Line: record.LineID{1}, Party: "RU", Lane: record.Routine, Revision: 3, Now: epoch, Heard: true,
			Heads: []record.Head{{Party: "IL", Lane: record.Routine, Incarnation: 2, Size: 7, Root: record.Hash{2}}}},
		Offer{Log: log, Note: []byte("note"), Revision: 1},
		Missing{Log: log, From: 1 << 40, Request: 9},
		Inform{Log: log, From: 4, Entries: [][]byte{{1}, {}, {2, 3}}, Note: []byte("note"), Request: 9, Base: []byte("base"), Revision: 1},
		Inform{Log: log, From: 4, Entries: [][]byte{{1}}, Note: []byte("note")},
		Receipt{Log: log, Size: 9, By: "UN-OPS", Cosig: []byte("line"), Revision: 1},
		Ping{N: 1, T: epoch}, Pong{N: 1, T: epoch, T2: epoch + 1}, Bye{Reason: "good night"}, Bye{},
	}
}

func TestEveryMessageComesBackAsItWentOut(t *testing.T) {
	for _, m := range every() {
		b, err := MarshalMessage(m)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		back, err := ParseMessage(b)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		again, err := MarshalMessage(back)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("%T: %x came back as %x (%v)", m, b, again, err)
		}
	}
}

// Each field out of its bounds is refused, going out and coming in, by name.
func TestAFieldOutOfBoundsIsRefusedByName(t *testing.T) {
	log := LogRef{Party: "IL", Lane: record.Urgent, Incarnation: 1}
	for want, m := range map[string]Message{
		"hello: party":          Hello{Version: 1, Party: "il", Lane: 1, Now: epoch},
		"hello: lane 0":         Hello{Version: 1, Party: "IL", Now: epoch},
		"hello: now 0":          Hello{Version: 1, Party: "IL", Lane: 1},
		"hello: 257 heads":      Hello{Version: 1, Party: "IL", Lane: 1, Now: epoch, Heads: make([]record.Head, 257)},
		"heads[0]: log: lane 7": Hello{Version: 1, Party: "IL", Lane: 1, Now: epoch, Heads: []record.Head{{Party: "IL", Lane: 7, Incarnation: 1}}},
		"offer: note: 0 bytes":  Offer{Log: log},
		"offer: note: 16385":    Offer{Log: log, Note: make([]byte, 16385)},
		"offer: log: party":     Offer{Log: LogRef{Lane: 1, Incarnation: 1}, Note: []byte("n")},
		"log: incarnation":      Missing{Log: LogRef{Party: "IL", Lane: 1}, Request: 1},
		"missing: request":      Missing{Log: log},
		"inform: 0 entries":     Inform{Log: log, Note: []byte("n")},
		"inform: 4097 entries":  Inform{Log: log, Note: []byte("n"), Entries: make([][]byte, 4097)},
		"inform: from":          Inform{Log: log, Note: []byte("n"), Entries: make([][]byte, 2), From: 1<<64 - 1},
		"inform: base: 16385":   Inform{Log: log, Note: []byte("n"), Entries: make([][]byte, 1), Base: make([]byte, 16385)},
		"inform: note":          Inform{Log: log, Entries: make([][]byte, 1)},
		"receipt: by":           Receipt{Log: log, Cosig: []byte("c")},
		"receipt: cosig: 1025":  Receipt{Log: log, By: "RU", Cosig: make([]byte, 1025)},
		"ping: t":               Ping{},
		"pong: t":               Pong{T: epoch},
		"bye: reason: 257":      Bye{Reason: strings.Repeat("x", 257)},
		"at most 2097152":       Inform{Log: log, Note: []byte("n"), Entries: [][]byte{make([]byte, MaxFrame)}},
	} {
		if _, err := MarshalMessage(m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: going out: %v", want, err)
		}
		body, err := encMode.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		b, err := encMode.Marshal(wire{Number: m.number(), Body: body})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseMessage(b); err == nil {
			t.Errorf("%s: taken coming in", want)
		}
	}
}

func TestASecondEncodingAnUnknownFieldAndATrailingByteAreRefused(t *testing.T) {
	good, err := MarshalMessage(Bye{Reason: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{0x82, 8, 0xa1, 1, 0x61, 'x'}; !bytes.Equal(good, want) {
		t.Fatalf("bye is %x, want %x as the specification has it", good, want)
	}
	for name, b := range map[string][]byte{
		"trailing byte":     append(bytes.Clone(good), 0),
		"long length":       {0x82, 8, 0xa1, 1, 0x78, 1, 'x'},
		"long number":       {0x82, 0x18, 8, 0xa1, 1, 0x61, 'x'},
		"indefinite length": {0x82, 8, 0xbf, 1, 0x61, 'x', 0xff},
		"unknown field":     {0x82, 8, 0xa2, 1, 0x61, 'x', 2, 1},
		"twice a field":     {0x82, 8, 0xa2, 1, 0x61, 'x', 1, 0x61, 'x'},
		"unknown number":    {0x82, 9, 0xa0},
		"three elements":    {0x83, 8, 0xa0, 0},
		"a tag":             {0x82, 8, 0xc0, 0xa1, 1, 0x61, 'x'},
		"not UTF-8":         {0x82, 8, 0xa1, 1, 0x61, 0xff},
		"empty":             {},
		"missing field":     {0x82, 8, 0xa0},
	} {
		if m, err := ParseMessage(b); err == nil {
			t.Errorf("%s: taken as %+v", name, m)
		}
	}
	if _, err := ParseMessage(make([]byte, MaxFrame+1)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a frame too long: %v", err)
	}
}

func FuzzParseMessage(f *testing.F) {
	for _, m := range every() {
		b, err := MarshalMessage(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMessage(b)
		if err != nil {
			return
		}
		again, err := MarshalMessage(m)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x parses and encodes to %x (%v)", b, again, err)
		}
	})
}

// FuzzStep lets a connected peer send any sequence of frames: the Line neither
// panics nor stores what its author did not sign.
func FuzzStep(f *testing.F) {
	for _, m := range every() {
		b, err := MarshalMessage(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, b)
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		w := newWorld(t, "IL", "RU")
		w.quiet = true
		w.connect("IL", "RU")
		w.deliver()
		l := w.seats["IL"].line
		before := w.heads("IL")
		for _, frame := range [][]byte{a, b} {
			m, err := ParseMessage(frame)
			if err != nil {
				l.Malformed("RU", record.Urgent, frame, err, w.now)
				continue
			}
			l.Step("RU", m, w.now)
		}
		l.Tick(w.now + 60000)
		if after := w.heads("IL"); after != before {
			t.Errorf("the copies went from %s to %s", before, after)
		}
	})
}

func FuzzParseProposal(f *testing.F) {
	cr := founded(f, "IL-RU", "IL", "RU")
	for _, p := range []Proposal{{Charter: cr.Charter}, {Charter: cr.Charter, Signatures: cr.Signatures}} {
		b, err := MarshalProposal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParseProposal(b)
		if err != nil {
			return
		}
		again, err := MarshalProposal(p)
		if err != nil || !bytes.Equal(bytes.TrimSpace(again), bytes.TrimSpace(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))) {
			t.Fatalf("a proposal parses and is written otherwise: %v\n%s", err, again)
		}
	})
}

func FuzzParseCharterRecord(f *testing.F) {
	f.Add(rawOf(f, founded(f, "IL-RU", "IL", "RU")))
	f.Fuzz(func(t *testing.T, b []byte) {
		cr, err := ParseCharterRecord(b)
		if err != nil {
			return
		}
		if again, err := MarshalCharterRecord(cr); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x parses and encodes to %x (%v)", b, again, err)
		}
	})
}
