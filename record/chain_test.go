package record

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parley/party"
	"parley/utc"
)

// chain is a line's charters in force, one after the other.
type chain struct {
	t    *testing.T
	line LineID
	all  []Charter
}

func found(t *testing.T, ids ...party.ID) *chain {
	t.Helper()
	c, line, err := signedBy(charterOf(ids...), ids...).Check(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &chain{t, line, []Charter{c}}
}

func (c *chain) now() *Charter { return &c.all[len(c.all)-1] }

// signed gives the amendment f, signed for each party by the named key.
func (c *chain) signed(f func(*Charter), keys map[party.ID]string) CharterRecord {
	b := must(MarshalCharter(amend(*c.now(), f)))
	r := CharterRecord{Charter: b}
	for id, key := range keys {
		r.Signatures = append(r.Signatures, must(SignCharter(b, id, signerOf(key))))
	}
	slices.SortFunc(r.Signatures, func(a, b CharterSignature) int { return strings.Compare(string(a.Party), string(b.Party)) })
	return r
}

// passes and fails hold an amendment against the charter in force.
func (c *chain) passes(what string, f func(*Charter), keys map[party.ID]string) {
	c.t.Helper()
	got, line, err := c.signed(f, keys).Check(c.now())
	if err != nil || line != c.line || got.Revision != c.now().Revision+1 || *got.Line != c.line {
		c.t.Fatalf("%s: %v, line %s", what, err, line)
	}
	c.all = append(c.all, got)
}

func (c *chain) fails(what, want string, f func(*Charter), keys map[party.ID]string) {
	c.t.Helper()
	if _, _, err := c.signed(f, keys).Check(c.now()); err == nil || !strings.Contains(err.Error(), want) {
		c.t.Errorf("%s: %v, want %q", what, err, want)
	}
}

func chiefs(ids ...party.ID) map[party.ID]string {
	m := map[party.ID]string{}
	for _, id := range ids {
		m[id] = string(id) + " chief"
	}
	return m
}

// without takes a party off; joins puts a card on, in its place.
func without(id party.ID) func(*Charter) {
	return func(c *Charter) {
		c.Cards = slices.DeleteFunc(c.Cards, func(x party.Card) bool { return x.Party == id })
		c.Mirrors = slices.DeleteFunc(c.Mirrors, func(x party.ID) bool { return x == id })
	}
}

func joins(card party.Card) func(*Charter) {
	return func(c *Charter) {
		c.Cards, c.Mirrors = append(c.Cards, card), append(c.Mirrors, card.Party)
		slices.SortFunc(c.Cards, func(a, b party.Card) int { return strings.Compare(string(a.Party), string(b.Party)) })
		slices.Sort(c.Mirrors)
	}
}

// strangers' card: the party's name, with keys that are not its own.
func impostor(id party.ID) party.Card {
	card := cardOf(id)
	card.Log, card.Receipt = signerOf("other log").Public(), signerOf("other receipt").Public()
	card.Node, card.Link = signerOf("other node").Public(), signerOf("other link").Public()
	card.Officers = []party.Officer{{ID: "chief", Name: "Another", Roles: []party.Role{party.Chief}, Key: signerOf("impostor").Public()}}
	return card
}

// A line over many years: two chiefs each, one key lost, a new one, a third party,
// one that is silent and is left out, and comes back by its own key.
func TestTheYearsOfALine(t *testing.T) {
	c := found(t, "IL", "RU")
	second := func(id party.ID, at int) func(*Charter) {
		return func(x *Charter) {
			x.Cards[at].Officers = append(x.Cards[at].Officers, party.Officer{ID: "chief.2", Name: "Second", Roles: []party.Role{party.Chief}, Key: signerOf(string(id) + " second").Public()})
		}
	}
	c.passes("RU names a second chief", second("RU", 1), chiefs("IL", "RU"))
	// RU's first chief's key is lost: the second takes it off.
	c.passes("the second chief takes the first off", func(x *Charter) {
		x.Cards[1].Officers = slices.DeleteFunc(x.Cards[1].Officers, func(o party.Officer) bool { return o.ID == "chief" })
	}, map[party.ID]string{"IL": "IL chief", "RU": "RU second"})
	c.fails("the lost key turns up", "is no officer's of RU", nil, chiefs("IL", "RU"))
	c.fails("an officer below chief signs", "is duty's, who is no chief", nil, map[party.ID]string{"IL": "IL chief", "RU": "RU duty"})
	both := map[party.ID]string{"IL": "IL chief", "RU": "RU second"}

	// The machine's keys change, all four; the officers stay.
	c.passes("RU changes its machine's keys", func(x *Charter) {
		k := &x.Cards[1]
		k.Log, k.Receipt, k.Node, k.Link = signerOf("l2").Public(), signerOf("r2").Public(), signerOf("n2").Public(), signerOf("k2").Public()
	}, both)
	if c.now().Cards[1].Log == c.all[0].Cards[1].Log || c.now().Cards[0].Log != c.all[0].Cards[0].Log {
		t.Error("other keys have changed")
	}

	// SY joins by its own card; nobody can bring it in without it.
	c.fails("SY is brought in", "SY has not signed", joins(cardOf("SY")), both)
	three := map[party.ID]string{"IL": "IL chief", "RU": "RU second", "SY": "SY chief"}
	c.fails("SY signs with a node's key", "is no officer's of SY", joins(cardOf("SY")), map[party.ID]string{"IL": "IL chief", "RU": "RU second", "SY": "SY node"})
	c.passes("SY joins", joins(cardOf("SY")), three)

	// IL is silent. RU and SY go on without it: two that stay are enough.
	c.passes("IL is left out", without("IL"), map[party.ID]string{"RU": "RU second", "SY": "SY chief"})
	left := c.now()

	// IL comes back: by its own chief's key. With keys of others' making it is not IL.
	comeback := func(card party.Card, key string) error {
		r := c.signed(joins(card), map[party.ID]string{"IL": key, "RU": "RU second", "SY": "SY chief"})
		got, _, err := r.Check(left)
		if err != nil {
			t.Fatalf("by itself it is a join like any: %v", err)
		}
		return r.Returns(got, c.all)
	}
	if err := comeback(cardOf("IL"), "IL chief"); err != nil {
		t.Errorf("IL comes back: %v", err)
	}
	var inv *InvalidError
	if err := comeback(impostor("IL"), "impostor"); !errors.As(err, &inv) || inv.Field != "signatures" || !strings.Contains(inv.Why, fmt.Sprintf("IL comes back, and no chief of its card of revision %d", left.Revision-1)) {
		t.Errorf("others come back as IL: %v", err)
	}
	changed := cardOf("IL") // new machine keys, signed by the chief it had
	changed.Log = signerOf("IL log 2").Public()
	if err := comeback(changed, "IL chief"); err != nil {
		t.Errorf("IL comes back with another machine: %v", err)
	}
	if r := c.signed(nil, map[party.ID]string{"RU": "RU second", "SY": "SY chief"}); r.Returns(*left, c.all) != nil {
		t.Error("who has never left has come back")
	}
}

// The card that counts for coming back is the last that the party had, and its
// chief must hold the role when the charter is made.
func TestWhoComesBackIsHeldToItsLastCard(t *testing.T) {
	c := found(t, "IL", "RU", "SY")
	newChief := func(x *Charter) { x.Cards[0].Officers[0].Key = signerOf("IL new").Public() }
	c.passes("IL changes its chief's key", newChief, chiefs("IL", "RU", "SY"))
	c.passes("IL is left out", without("IL"), chiefs("RU", "SY"))
	c.passes("a year goes by", nil, chiefs("RU", "SY"))
	check := func(what string, key string, good bool, card party.Card) {
		t.Helper()
		r := c.signed(joins(card), map[party.ID]string{"IL": key, "RU": "RU chief", "SY": "SY chief"})
		got, _, _, err := r.CheckPart(c.now())
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if err := r.Returns(got, c.all); (err == nil) != good {
			t.Errorf("%s: %v", what, err)
		}
	}
	last, first := cardOf("IL"), cardOf("IL")
	last.Officers[0].Key = signerOf("IL new").Public()
	check("by the key of its last card", "IL new", true, last)
	check("by the key it had given up", "IL chief", false, first)
	promoted := cardOf("IL") // the duty officer of the last card, made chief by nobody who may
	promoted.Officers[0].Key, promoted.Officers[1].Roles = signerOf("IL other").Public(), []party.Role{party.Chief}
	check("by an officer who was no chief", "IL duty", false, promoted)

	c = found(t, "IL", "RU", "SY")
	c.passes("IL's chief serves for three seconds more", func(x *Charter) { x.Cards[0].Officers[0].Until = x.Made + 3000 }, chiefs("IL", "RU", "SY"))
	c.passes("IL is left out", without("IL"), chiefs("RU", "SY"))
	check("within the chief's time", "IL chief", true, first)
	c.passes("another second", nil, chiefs("RU", "SY"))
	check("after the chief's time", "IL chief", false, first)
}

// One party alone can't put the others off: fewer than two that stay need the
// signature of everybody who goes.
func TestNobodyIsPutOffByOneAlone(t *testing.T) {
	c := found(t, "IL", "RU", "SY")
	only := func(x *Charter) { without("RU")(x); without("SY")(x); joins(cardOf("UN"))(x) }
	c.fails("IL goes on with a stranger", "RU has not signed", only, chiefs("IL", "UN"))
	c.fails("one of the two agrees", "SY has not signed", only, chiefs("IL", "RU", "UN"))
	_, _, missing, err := c.signed(only, chiefs("UN")).CheckPart(c.now())
	if err != nil || !reflect.DeepEqual(missing, []party.ID{"IL", "RU", "SY"}) {
		t.Errorf("missing %v, %v", missing, err)
	}
	_, _, missing, err = c.signed(joins(cardOf("AA")), chiefs("SY")).CheckPart(c.now())
	if err != nil || !reflect.DeepEqual(missing, []party.ID{"AA", "IL", "RU"}) {
		t.Errorf("missing %v, %v", missing, err)
	}
	c.passes("both agree", only, chiefs("IL", "RU", "SY", "UN"))
	c = found(t, "IL", "RU")
	c.fails("a line of two becomes another line", "RU has not signed", func(x *Charter) { without("RU")(x); joins(cardOf("SY"))(x) }, chiefs("IL", "SY"))
	c.fails("a stranger signs", "UN is not on the charter", nil, chiefs("IL", "RU", "UN"))
	c = found(t, "IL", "RU", "SY")
	c.passes("two go on without the third", without("SY"), chiefs("IL", "RU"))
}

// A chief signs by the time that the charter says it was made: from the first
// millisecond of its term, until the last.
func TestAChiefSignsWithinItsTerm(t *testing.T) {
	made := charterOf("IL", "RU").Made
	for _, c := range []struct {
		from, until utc.Time
		good        bool
	}{{0, 0, true}, {made, 0, true}, {made + 1, 0, false}, {0, made + 1, true}, {0, made, false}, {made, made + 1, true}} {
		x := charterOf("IL", "RU")
		x.Cards[1].Officers[0].From, x.Cards[1].Officers[0].Until = c.from, c.until
		_, _, err := signedBy(x, "IL", "RU").Check(nil)
		if (err == nil) != c.good || err != nil && !strings.Contains(err.Error(), "who is no chief of RU at") {
			t.Errorf("from %s until %s: %v", c.from, c.until, err)
		}
	}
}

// What a line is stays as it was founded: its name, its exercise mark either way,
// that it is a home line or none. Time may stand still, never go back.
func TestWhatALineIsDoesNotChange(t *testing.T) {
	real, drill := found(t, "IL", "RU"), &chain{t: t}
	x := charterOf("IL", "RU")
	x.Exercise = true
	first, line, err := signedBy(x, "IL", "RU").Check(nil)
	if err != nil {
		t.Fatal(err)
	}
	drill.line, drill.all = line, []Charter{first}
	real.fails("an exercise in earnest", "charter.exercise", func(c *Charter) { c.Exercise = true }, chiefs("IL", "RU"))
	drill.fails("earnest in an exercise", "charter.exercise", func(c *Charter) { c.Exercise = false }, chiefs("IL", "RU"))
	real.passes("in the same millisecond", func(c *Charter) { c.Made -= 1000 }, chiefs("IL", "RU"))
	real.fails("made earlier", "charter.made", func(c *Charter) { c.Made = real.now().Made - 1 }, chiefs("IL", "RU"))
	home := found(t, "IL")
	toHome := func(c *Charter) { c.Home, c.Cards, c.Mirrors = true, c.Cards[:1], nil }
	real.fails("a line becomes a home line", "charter.home", toHome, chiefs("IL", "RU"))
	home.fails("a home line takes a guest", "charter.home", func(c *Charter) {
		c.Home, c.Mirrors = false, []party.ID{"IL"}
		joins(cardOf("RU"))(c)
	}, chiefs("IL", "RU"))
	home.passes("a home line has a new revision", nil, chiefs("IL"))
	at := *real.now() // the last number is not followed by 0
	at.Revision = 1<<32 - 1
	next := amend(at, func(c *Charter) { c.Revision = 1 })
	if _, _, err := signedBy(next, "IL", "RU").Check(&at); err == nil || !strings.Contains(err.Error(), "charter.revision: is 1, and the one in force is 4294967295") {
		t.Errorf("after the last revision: %v", err)
	}
	if err := signedBy(next, "IL", "RU").Validate(); err != nil {
		t.Errorf("by itself it has a form: %v", err)
	}
}

// The first revisions, each on the wrong line, before, or on a fork, are refused:
// a charter follows exactly one other.
func TestACharterFollowsExactlyOneOther(t *testing.T) {
	c := found(t, "IL", "RU")
	for i := range 4 {
		c.passes(fmt.Sprint("amendment ", i+1), func(x *Charter) { x.Purpose = fmt.Sprint("purpose ", i) }, chiefs("IL", "RU"))
	}
	other := amend(c.all[2], func(x *Charter) { x.Purpose = "a fork" })
	forked := append(slices.Clone(c.all), other)
	for i, next := range c.all {
		r := signedBy(next, "IL", "RU")
		for j := range forked {
			_, line, err := r.Check(&forked[j])
			if follows := j == i-1; (err == nil) != follows || follows && line != c.line {
				t.Errorf("revision %d after charter %d: %v", i, j, err)
			}
		}
		if _, _, err := r.Check(nil); (err == nil) != (i == 0) {
			t.Errorf("revision %d as the first: %v", i, err)
		}
		e := machine()
		e.Line = c.line
		accepted(t, sample{"", e, r}, "charter", fmt.Sprint("revision ", i))
		e.Line = LineID(CharterHash(r.Charter))
		if i > 0 {
			refusedAt(t, sample{"", e, r}, "envelope.line", "an amendment on a line of its own hash")
		}
	}
}

// Clocks and bounds of a charter, at their edges.
func TestAChartersClocksAtTheirEdges(t *testing.T) {
	const week, hour, ages = 7 * 24 * 3600 * 1000, 3600 * 1000, uint64(400) * 24 * 3600 * 1000
	for _, c := range []struct {
		field string
		good  bool
		f     func(*Charter)
	}{
		{"clocks.ack[0]", true, func(c *Charter) { c.Clocks.Ack = [4]uint32{1000, 1000, 1000, 1000} }},
		{"clocks.ack[0]", false, func(c *Charter) { c.Clocks.Ack[0] = 999 }},
		{"clocks.ack[3]", true, func(c *Charter) { c.Clocks.Ack = [4]uint32{week, week, week, week} }},
		{"clocks.ack[3]", false, func(c *Charter) { c.Clocks.Ack[3] = week + 1 }},
		{"clocks.ack[2]", false, func(c *Charter) { c.Clocks.Ack[2] = c.Clocks.Ack[1] - 1 }},
		{"clocks.deputy", true, func(c *Charter) { c.Clocks.Deputy = week }},
		{"clocks.deputy", false, func(c *Charter) { c.Clocks.Deputy = week + 1 }},
		{"clocks.deputy", false, func(c *Charter) { c.Clocks.Deputy = 999 }},
		{"clocks.link_down", true, func(c *Charter) { c.Clocks.LinkDown = 1000 }},
		{"clocks.link_down", false, func(c *Charter) { c.Clocks.LinkDown = 999 }},
		{"clocks.link_down", true, func(c *Charter) { c.Clocks.LinkDown = hour }},
		{"clocks.lead[0].min", true, func(c *Charter) { c.Clocks.Lead[0].Min = ages }},
		{"clocks.lead[0].min", false, func(c *Charter) { c.Clocks.Lead[0].Min = ages + 1 }},
		{"clocks.lead[0].min", true, func(c *Charter) { c.Clocks.Lead[0].Min = 1 }},
		{"clocks.lead", true, func(c *Charter) { c.Clocks.Lead = nil }},
		{"line", false, func(c *Charter) { c.Revision, c.Line, c.Previous = 1, &LineID{}, &Hash{1} }},
		{"previous", false, func(c *Charter) { c.Revision, c.Line, c.Previous = 1, &LineID{1}, &Hash{} }},
		{"name", true, func(c *Charter) { c.Name = strings.Repeat("n", 32) }},
		{"name", false, func(c *Charter) { c.Name = strings.Repeat("n", 33) }},
		{"name", false, func(c *Charter) { c.Name = "-a" }},
		{"purpose", true, func(c *Charter) { c.Purpose = strings.Repeat("p", MaxText) }},
		{"purpose", false, func(c *Charter) { c.Purpose = strings.Repeat("p", MaxText+1) }},
		{"made", false, func(c *Charter) { c.Made = utc.Max + 1 }},
		{"witnesses", true, func(c *Charter) { c.Witnesses = []party.ID{"IL", "RU"} }},
		{"witnesses[1]", false, func(c *Charter) { c.Witnesses = []party.ID{"RU", "IL"} }},
		{"witnesses[1]", false, func(c *Charter) { c.Witnesses = []party.ID{"RU", "RU"} }},
		{"witnesses", false, func(c *Charter) {
			c.Home, c.Cards, c.Mirrors, c.Witnesses = true, c.Cards[:1], nil, []party.ID{"IL"}
		}},
		{"cards", false, func(c *Charter) {
			for i := range MaxParties - 1 {
				joins(cardOf(party.ID(fmt.Sprintf("P%02d", i))))(c)
			}
		}},
		{"cards[1].party", false, func(c *Charter) {
			card := impostor("IL")
			c.Cards[1] = card
		}},
	} {
		x := charterOf("IL", "RU")
		c.f(&x)
		err := x.Validate()
		var inv *InvalidError
		if (err == nil) != c.good || err != nil && (!errors.As(err, &inv) || inv.Field != c.field) {
			t.Errorf("%s, good %v: %v", c.field, c.good, err)
		}
	}
	many := signedBy(charterOf("IL", "RU"), "IL", "RU")
	for i := range 2*MaxParties - 2 {
		s := many.Signatures[0]
		s.Party = party.ID(fmt.Sprintf("S%02d", i))
		many.Signatures = append(many.Signatures, s)
	}
	if err := many.Validate(); err != nil {
		t.Errorf("32 signatures: %v", err)
	}
	many.Signatures = append(many.Signatures, CharterSignature{"T", many.Signatures[0].Key, many.Signatures[0].Sig})
	if err := many.Validate(); err == nil || !strings.Contains(err.Error(), "signatures: 33 of them") {
		t.Errorf("33 signatures: %v", err)
	}
	if _, err := SignCharter(nil, "IL", muteSigner{signerOf("IL chief")}); err == nil {
		t.Error("signed without a signature")
	}
}
