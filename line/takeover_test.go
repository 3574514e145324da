package line

import (
	"strings"
	"testing"

	"parley/party"
	"parley/record"
)

// One party amends the charter of two with a puppet of its own, and leaves the
// other out: whoever leaves "need not sign". Then it takes the other's name
// back in, with keys of its own making. If this holds, it speaks as the other.
func TestNoPartyIsPutOffALineOfTwoByTheOtherAlone(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	puppet := cardFor("XX", "puppet")
	out := must[[]byte](t)(Amend(w.charter, Changes{Cards: []party.Card{puppet}, Leave: []party.ID{"IL"}, Made: w.now, Nonce: record.Nonce{4}}))
	p := Proposal{Charter: out, Chain: [][]byte{rawOf(t, w.charter)}}
	p, err := Sign(p, cardFor("RU", ""), signer("RUchief"))
	if err == nil {
		p, err = Sign(p, puppet, signer("XXchiefpuppet"))
	}
	if err == nil {
		_, _, err = Complete(p)
	}
	if err == nil || !strings.Contains(err.Error(), "IL") {
		t.Errorf("RU alone has put IL off the line of two: %v", err)
	}
	cr := rawOf(t, record.CharterRecord{Charter: p.Charter, Signatures: p.Signatures})
	if _, err := w.seats["IL"].line.AdoptCharter(cr, nil); err == nil {
		t.Error("IL's own node takes it into force")
	}
	if err := w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0)); err != nil {
		t.Errorf("IL can say nothing on its line any more: %v", err)
	}
}

// Two of three may go on without the third, as the charter's rules say; but its
// name comes back only with the signature of a chief whom it named itself.
func TestANameComesBackOnlyWithAKeyOfItsOwn(t *testing.T) {
	w := newWorld(t, "IL", "RU", "SY")
	w.quiet = true
	zero := rawOf(t, w.charter)
	without := must[[]byte](t)(Amend(w.charter, Changes{Leave: []party.ID{"IL"}, Made: w.now, Nonce: record.Nonce{4}}))
	one := signedBy(t, Proposal{Charter: without, Chain: [][]byte{zero}}, "", "RU", "SY")
	back := func(gen string) (Proposal, error) {
		c := must[[]byte](t)(Amend(one, Changes{Cards: []party.Card{cardFor("IL", gen)}, Made: w.now, Nonce: record.Nonce{5}}))
		p := Proposal{Charter: c, Chain: [][]byte{zero, rawOf(t, one)}}
		var err error
		for id, g := range map[party.ID]string{"IL": gen, "RU": "", "SY": ""} {
			if p, err = Sign(p, cardFor(id, g), signer(string(id)+"chief"+g)); err != nil {
				return p, err
			}
		}
		_, _, err = Complete(p)
		return p, err
	}
	p, err := back("forged")
	if err == nil || !strings.Contains(err.Error(), "IL comes back") {
		t.Errorf("RU and SY bring back IL's name with keys of their own: %v", err)
	}
	il := w.seats["IL"].line
	if _, err := il.AdoptCharter(rawOf(t, one), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := il.AdoptCharter(rawOf(t, record.CharterRecord{Charter: p.Charter, Signatures: p.Signatures}), nil); err == nil {
		t.Error("IL's own node takes the forged return into force")
	}
	v := Verify(History{Charters: [][]byte{zero, rawOf(t, one), rawOf(t, record.CharterRecord{Charter: p.Charter, Signatures: p.Signatures})}})
	if v.Charters != 2 || v.OK {
		t.Errorf("verify counts %d charters", v.Charters)
	}
	p, err = back("")
	if err != nil {
		t.Errorf("IL itself cannot come back: %v", err)
	}
	if _, err := il.AdoptCharter(rawOf(t, record.CharterRecord{Charter: p.Charter, Signatures: p.Signatures}), nil); err != nil {
		t.Errorf("IL itself cannot come back: %v", err)
	}
}

// A key's id is eight bytes that its owner may grind at. One that looks like the
// beginning of a kind must hide no close or charter record from us.
func TestAKeyIDThatLooksLikeAKindHidesNothing(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	for _, leaf := range w.compose("RU", record.Urgent, 1, 0) {
		want := kindOf(leaf)
		if p, err := record.Parse(leaf); err != nil || p.Kind != want {
			t.Fatalf("%q is read as %q", p.Kind, want)
		}
		copy(leaf[9:], []byte{0x3a, 0x00, 0x01, 0x11, 0x70, 0x62, 'x', 'y'})
		if got := kindOf(leaf); got != want {
			t.Errorf("with another key's id, a %s is taken for a %q", want, got)
		}
	}
}

// RU asks for IL's log from each entry on, one after the other, and would have a
// megabyte for each twenty bytes. It is hung up on.
func TestWhoAsksForTheSameAgainAndAgainIsHungUpOn(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	for range 12 {
		w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 100, 100))
	}
	w.deliver()
	answers, il := 0, w.seats["IL"].line
	for from := uint64(1); from < 1200; from++ {
		out := il.Step("RU", Missing{Log: ref("IL"), From: from, Request: from}, w.now)
		answers += len(out.Send)
		if len(out.Drop) > 0 {
			if answers > 600 {
				t.Errorf("hung up on only after %d answers", answers)
			}
			return
		}
	}
	t.Errorf("%d answers, and it is not hung up on", answers)
}

// What a peer says as it hangs up is shown on our officers' terminals.
func TestAByeCarriesNoEscapeToATerminal(t *testing.T) {
	for _, reason := range []string{"\x1b[2J\x1b[Hall is well", "line\u202eneve", "two\nlines"} {
		b, err := encMode.Marshal(wire{Number: 8, Body: must[[]byte](t)(encMode.Marshal(Bye{Reason: reason}))})
		if err != nil {
			t.Fatal(err)
		}
		if m, err := ParseMessage(b); err == nil {
			t.Errorf("%q is read as %+v", reason, m)
		}
	}
}
