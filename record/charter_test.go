package record

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"parley/party"
)

// amend gives the revision after prev, changed by f.
func amend(prev Charter, f func(*Charter)) Charter {
	before := must(MarshalCharter(prev))
	hash := CharterHash(before)
	line := LineID(hash)
	if prev.Line != nil {
		line = *prev.Line
	}
	next := must(ParseCharter(before)) // a copy that shares nothing
	next.Revision, next.Line, next.Previous, next.Made = prev.Revision+1, &line, &hash, prev.Made+1000
	if f != nil {
		f(&next)
	}
	return next
}

// TestALineIsFoundedAmendedJoinedAndLeft tells the whole life of a charter.
func TestALineIsFoundedAmendedJoinedAndLeft(t *testing.T) {
	founding := charterOf("IL", "RU")
	first, line, err := signedBy(founding, "IL", "RU").Check(nil)
	if err != nil {
		t.Fatal(err)
	}
	if line != LineID(CharterHash(must(MarshalCharter(founding)))) || !reflect.DeepEqual(first, founding) {
		t.Fatal("the line isn't named after its first charter")
	}

	// RU's clock becomes longer: both sign, by the keys of the charter in force.
	slower := amend(first, func(c *Charter) { c.Clocks.Ack[0] = 90_000 })
	second, same, err := signedBy(slower, "IL", "RU").Check(&first)
	if err != nil || same != line {
		t.Fatalf("amending: %v, line %s", err, same)
	}

	// SY joins, signing by the card it brings.
	three := amend(second, func(c *Charter) {
		c.Cards, c.Mirrors = append(c.Cards, cardOf("SY")), append(c.Mirrors, "SY")
	})
	if _, _, err := signedBy(three, "IL", "RU").Check(&second); err == nil || !strings.Contains(err.Error(), "SY has not signed") {
		t.Errorf("SY joins without its signature: %v", err)
	}
	third, same, err := signedBy(three, "IL", "RU", "SY").Check(&second)
	if err != nil || same != line {
		t.Fatalf("joining: %v", err)
	}

	// RU changes its chief's key: signed by the old chief's key, not by the new.
	rotated := amend(third, func(c *Charter) { c.Cards[1].Officers[0].Key = signerOf("RU new chief").Public() })
	if _, _, err := signedBy(rotated, "IL", "RU", "SY").Check(&third); err != nil {
		t.Errorf("a new key signed for by the old chief: %v", err)
	}
	byNew := signedBy(rotated, "IL", "SY")
	byNew.Signatures = append(byNew.Signatures[:1], must(SignCharter(byNew.Charter, "RU", signerOf("RU new chief"))), byNew.Signatures[1])
	if _, _, err := byNew.Check(&third); err == nil || !strings.Contains(err.Error(), "is no officer's of RU") {
		t.Errorf("a new key that signs for itself: %v", err)
	}

	// SY leaves. It may sign that, and need not.
	left := amend(third, func(c *Charter) { c.Cards, c.Mirrors = c.Cards[:2], c.Mirrors[:2] })
	for _, who := range [][]party.ID{{"IL", "RU"}, {"IL", "RU", "SY"}} {
		if _, _, err := signedBy(left, who...).Check(&third); err != nil {
			t.Errorf("SY leaves, signed by %v: %v", who, err)
		}
	}
}

// TestACharterOnItsWayNamesWhoHasNotSigned: it goes round the parties with one
// signature more each time; a false one is refused on the way already.
func TestACharterOnItsWayNamesWhoHasNotSigned(t *testing.T) {
	c := charterOf("IL", "RU", "SY")
	for _, step := range []struct{ signed, missing []party.ID }{
		{nil, []party.ID{"IL", "RU", "SY"}},
		{[]party.ID{"RU"}, []party.ID{"IL", "SY"}},
		{[]party.ID{"IL", "RU"}, []party.ID{"SY"}},
		{[]party.ID{"IL", "RU", "SY"}, nil},
	} {
		got, line, missing, err := signedBy(c, step.signed...).CheckPart(nil)
		if err != nil || !reflect.DeepEqual(missing, step.missing) || line.IsZero() || !reflect.DeepEqual(got, c) {
			t.Errorf("signed by %v: %v, missing %v", step.signed, err, missing)
		}
		_, _, err = signedBy(c, step.signed...).Check(nil)
		if (err == nil) != (step.missing == nil) {
			t.Errorf("signed by %v: in force: %v", step.signed, err)
		}
	}
	r := signedBy(c, "IL")
	r.Signatures[0].Sig[0] ^= 1
	if _, _, _, err := r.CheckPart(nil); err == nil || !strings.Contains(err.Error(), "signatures[0].sig") {
		t.Errorf("a false signature on the way: %v", err)
	}
	if _, _, _, err := signedBy(amend(c, nil)).CheckPart(nil); err == nil || !strings.Contains(err.Error(), "charter.revision") {
		t.Errorf("an amendment on its way without the charter before: %v", err)
	}
}

// TestAHomeLineHasOneMember, and no mirrors.
func TestAHomeLineHasOneMember(t *testing.T) {
	if _, _, err := signedBy(charterOf("IL"), "IL").Check(nil); err != nil {
		t.Errorf("a home line: %v", err)
	}
}

// TestACharterIsNotInForce whenever anything about its signatures or its place
// is wrong; the error names what.
func TestACharterIsNotInForce(t *testing.T) {
	one := charterOf("IL", "RU")
	two := amend(one, nil)
	signFor := func(c Charter, id party.ID, key string) CharterRecord {
		b := must(MarshalCharter(c))
		return CharterRecord{b, []CharterSignature{must(SignCharter(b, "IL", signerOf("IL chief"))), must(SignCharter(b, id, signerOf(key)))}}
	}
	retired := charterOf("IL", "RU")
	retired.Cards[1].Officers[0].Until = retired.Made
	swapped := signedBy(one, "IL", "RU")
	swapped.Signatures[0], swapped.Signatures[1] = swapped.Signatures[1], swapped.Signatures[0]
	falseSig := signedBy(one, "IL", "RU")
	falseSig.Signatures[1].Sig[3] ^= 1
	otherText := signedBy(one, "IL", "RU")
	changed := charterOf("IL", "RU")
	changed.Purpose = "another"
	otherText.Charter = must(MarshalCharter(changed))
	for name, c := range map[string]struct {
		r    CharterRecord
		prev *Charter
		want string
	}{
		"a party has not signed":      {signedBy(one, "IL"), nil, "signatures: RU has not signed"},
		"nobody has signed":           {signedBy(one), nil, "signatures: 0 of them"},
		"a stranger signs too":        {signedBy(one, "IL", "RU", "SY"), nil, "signatures[2].party: SY is not on the charter"},
		"one signs twice":             {signFor(one, "IL", "IL chief"), nil, "signatures[1].party: IL is not after IL"},
		"out of order":                {swapped, nil, "ascending"},
		"no chief signs":              {signFor(one, "RU", "RU duty"), nil, "signatures[1].key: is duty's, who is no chief of RU"},
		"a machine key signs":         {signFor(one, "RU", "RU node"), nil, "signatures[1].key: is no officer's of RU"},
		"another party's chief signs": {signFor(one, "RU", "IL chief"), nil, "signatures[1].key: is no officer's of RU"},
		"the chief's time was over":   {signedBy(retired, "IL", "RU"), nil, "no chief of RU"},
		"a false signature":           {falseSig, nil, "signatures[1].sig"},
		"signed another text":         {otherText, nil, "signatures[0].sig"},
		"no charter before it":        {signedBy(two, "IL", "RU"), nil, "charter.revision: is 1, and the charter before it is not held"},
		"a first charter again":       {signedBy(one, "IL", "RU"), &one, "charter.revision: is 0, and the one in force is 0"},
		"a revision too far":          {signedBy(amend(two, nil), "IL", "RU"), &one, "charter.revision: is 2"},
		"after another charter":       {signedBy(amend(one, func(c *Charter) { c.Previous = &Hash{1} }), "IL", "RU"), &one, "charter.previous"},
		"of another line":             {signedBy(amend(one, func(c *Charter) { c.Line = &LineID{1} }), "IL", "RU"), &one, "charter.line"},
		"with another name":           {signedBy(amend(one, func(c *Charter) { c.Name = "X" }), "IL", "RU"), &one, "charter.name"},
		"no longer an exercise":       {signedBy(amend(one, func(c *Charter) { c.Exercise = true }), "IL", "RU"), &one, "charter.exercise"},
		"made before":                 {signedBy(amend(one, func(c *Charter) { c.Made = one.Made - 1 }), "IL", "RU"), &one, "charter.made"},
	} {
		_, _, err := c.r.Check(c.prev)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestACharterSaysWhatIsWrongWithIt field by field.
func TestACharterSaysWhatIsWrongWithIt(t *testing.T) {
	for want, f := range map[string]func(*Charter){
		"name:":                           func(c *Charter) { c.Name = "IL/RU" },
		"line: is given at revision 0":    func(c *Charter) { c.Line = &LineID{1} },
		"previous: is given":              func(c *Charter) { c.Previous = &Hash{1} },
		"line: is missing at revision 1":  func(c *Charter) { c.Revision = 1 },
		"previous: is missing":            func(c *Charter) { c.Revision, c.Line = 1, &LineID{1} },
		"cards: 0 of them":                func(c *Charter) { c.Cards = nil },
		"cards: only one":                 func(c *Charter) { c.Cards = c.Cards[:1] },
		"cards: 2 of them on a home":      func(c *Charter) { c.Home = true },
		"cards[1].party: IL is not after": func(c *Charter) { c.Cards[0], c.Cards[1] = c.Cards[1], c.Cards[0] },
		"cards[1]: RU shows a key":        func(c *Charter) { c.Cards[1].Officers[1].Key = c.Cards[0].Log },
		"cards[0]: name is missing":       func(c *Charter) { c.Cards[0].Name = "" },
		"cards[0]: officers: none has":    func(c *Charter) { c.Cards[0].Officers[0].Roles = []party.Role{party.Observer} },
		"cards[0]: log is a point":        func(c *Charter) { c.Cards[0].Log = party.Key{1} },
		"clocks.ack[0]: 0 ms":             func(c *Charter) { c.Clocks.Ack[0] = 0 },
		"clocks.ack[1]: 1000 ms is sho":   func(c *Charter) { c.Clocks.Ack[1] = 1000 },
		"clocks.deputy":                   func(c *Charter) { c.Clocks.Deputy = 0 },
		"clocks.link_down":                func(c *Charter) { c.Clocks.LinkDown = 3_600_001 },
		"clocks.lead[1].class: \"activ":   func(c *Charter) { c.Clocks.Lead[1].Class = Activity },
		"clocks.lead[0].class: \"x\"":     func(c *Charter) { c.Clocks.Lead[0].Class = "x" },
		"clocks.lead[0].min":              func(c *Charter) { c.Clocks.Lead[0].Min = 0 },
		"phrases: is missing":             func(c *Charter) { c.Phrases = Hash{} },
		"mirrors: 1 of 2 parties":         func(c *Charter) { c.Mirrors = c.Mirrors[:1] },
		"mirrors[1]: \"SY\" has no card":  func(c *Charter) { c.Mirrors[1] = "SY" },
		"mirrors[1]: IL is not after":     func(c *Charter) { c.Mirrors[1] = "IL" },
		"witnesses[0]: \"UN\"":            func(c *Charter) { c.Witnesses = []party.ID{"UN"} },
		"purpose: holds the control":      func(c *Charter) { c.Purpose = "a\x00" },
		"made: is missing":                func(c *Charter) { c.Made = 0 },
		"nonce: is missing":               func(c *Charter) { c.Nonce = Nonce{} },
	} {
		c := charterOf("IL", "RU")
		f(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if _, err := MarshalCharter(c); err == nil {
			t.Errorf("%s: it is written", want)
		}
	}
	home := charterOf("IL")
	home.Mirrors = []party.ID{"IL"}
	if err := home.Validate(); err == nil || !strings.HasPrefix(err.Error(), "mirrors: are given on a home line") {
		t.Errorf("a home line with a mirror: %v", err)
	}
	if err := DefaultClocks().Validate(); err != nil {
		t.Errorf("the default clocks: %v", err)
	}
}

// TestACharterHasOneEncoding: what parses is written again as the same bytes,
// and any other bytes are refused.
func TestACharterHasOneEncoding(t *testing.T) {
	b := must(MarshalCharter(charterOf("IL", "RU", "SY")))
	if !bytes.Equal(b, must(MarshalCharter(must(ParseCharter(b))))) {
		t.Error("written again, it is another charter")
	}
	for i := range b {
		x := bytes.Clone(b)
		x[i] ^= 0x10
		if c, err := ParseCharter(x); err == nil && !bytes.Equal(must(MarshalCharter(c)), x) {
			t.Fatalf("byte %d changed: it parses, and is written again otherwise", i)
		}
	}
	if _, err := ParseCharter(make([]byte, MaxCharter+1)); err == nil || !strings.HasPrefix(err.Error(), "charter:") {
		t.Errorf("oversize: %v", err)
	}
}

// TestACharterRecordStandsOnItsOwnLine: the envelope and the charter must agree.
func TestACharterRecordStandsOnItsOwnLine(t *testing.T) {
	r := signedBy(charterOf("IL", "RU"), "IL", "RU")
	e := envelopeOf("IL")
	if _, err := Seal(e, r, signerOf("IL node")); err == nil || !strings.Contains(err.Error(), "envelope.line") {
		t.Errorf("on another line: %v", err)
	}
	e.Line, e.Exercise = LineID(CharterHash(r.Charter)), true
	if _, err := Seal(e, r, signerOf("IL node")); err == nil || !strings.Contains(err.Error(), "envelope.exercise") {
		t.Errorf("as an exercise: %v", err)
	}
}

// TestSixteenLargePartiesFitIntoALeaf, or the charter says that it is too large
// rather than making a record that no log would hold.
func TestSixteenLargePartiesFitIntoALeaf(t *testing.T) {
	var ids []party.ID
	for i := range MaxParties {
		ids = append(ids, party.ID("P"+string(rune('A'+i))))
	}
	c := charterOf(ids...)
	r := signedBy(c, ids...)
	e := envelopeOf("PA")
	e.Line = LineID(CharterHash(r.Charter))
	if leaf, err := Seal(e, r, signerOf("PA node")); err != nil {
		t.Error(err)
	} else {
		t.Logf("%d parties: a leaf of %d bytes", len(ids), len(leaf))
	}
	for i := range c.Cards {
		for j := range 40 {
			id := "x" + strings.Repeat("y", j%20) + string(rune('a'+j/20)) + string(rune('a'+j%20))
			c.Cards[i].Officers = append(c.Cards[i].Officers, party.Officer{ID: id, Name: strings.Repeat("n", 64),
				Roles: []party.Role{party.Observer}, Key: signerOf(id + string(ids[i])).Public()})
		}
	}
	if _, err := MarshalCharter(c); err == nil || !strings.Contains(err.Error(), "charter: ") {
		t.Errorf("a charter of more than %d bytes: %v", MaxCharter, err)
	}
}
