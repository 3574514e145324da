package line

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"parley/logbook"
	"parley/party"
	"parley/record"
	"parley/utc"
)

func proposed(t *testing.T, ids ...party.ID) Proposal {
	t.Helper()
	cr := founded(t, lineName(ids), ids...)
	return Proposal{Charter: cr.Charter}
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Two rivals: IL proposes and mails the file; RU reads the words over the
// telephone, signs and mails it back; IL signs too; both hold the same line.
func TestTwoRivalsFoundALineByMail(t *testing.T) {
	p := proposed(t, "RU", "IL")
	mail := must[[]byte](t)(MarshalProposal(p))
	ru := must[Proposal](t)(ParseProposal(bytes.ReplaceAll(mail, []byte("\n"), []byte("\r\n"))))
	st := must[Standing](t)(ru.Standing())
	if strings.Join(st.Words, " ") != strings.Join(Words(p.Charter), " ") || len(st.Words) != 12 {
		t.Errorf("the words: %v", st.Words)
	}
	if fmt.Sprint(st.Missing) != "[IL RU]" {
		t.Errorf("missing %v", st.Missing)
	}
	if _, _, err := Complete(ru); err == nil || !strings.Contains(err.Error(), "signatures") {
		t.Errorf("complete without a signature: %v", err)
	}
	ru = must[Proposal](t)(Sign(ru, cardFor("RU", ""), signer("RUchief")))
	if _, _, err := Complete(ru); err == nil || !strings.Contains(err.Error(), "IL has not signed") {
		t.Errorf("complete without IL: %v", err)
	}
	il := must[Proposal](t)(ParseProposal(must[[]byte](t)(MarshalProposal(ru))))
	il = must[Proposal](t)(Sign(il, cardFor("IL", ""), signer("ILchief")))
	cr, id, err := Complete(il)
	if err != nil {
		t.Fatal(err)
	}
	if _, id2, err := cr.Check(nil); err != nil || id2 != id {
		t.Errorf("the charter in force: %v", err)
	}
}

// They may also sign two copies at the same time and join them.
func TestTwoCopiesSignedApartAreJoined(t *testing.T) {
	p := proposed(t, "IL", "RU", "SY")
	a := must[Proposal](t)(Sign(p, cardFor("IL", ""), signer("ILchief")))
	b := must[Proposal](t)(Sign(p, cardFor("SY", ""), signer("SYchief")))
	both := must[Proposal](t)(Merge(b, a))
	if st := must[Standing](t)(both.Standing()); fmt.Sprint(st.Missing) != "[RU]" {
		t.Errorf("missing %v", st.Missing)
	}
	other := proposed(t, "IL", "RU")
	if _, err := Merge(a, other); err == nil || !strings.Contains(err.Error(), "different charters") {
		t.Errorf("merging two charters: %v", err)
	}
}

func TestAProposalWhoseCardOfMineIsNotExactlyMineIsNotSigned(t *testing.T) {
	p := proposed(t, "IL", "RU")
	for what, change := range map[string]func(*party.Card){
		"another link key":   func(c *party.Card) { c.Link = signer("nobody's").Public() },
		"another name":       func(c *party.Card) { c.Name += "!" },
		"one more officer":   func(c *party.Card) { c.Officers = append(c.Officers, cardFor("SY", "").Officers[0]) },
		"another address":    func(c *party.Card) { c.Addresses = []string{"127.0.0.1:1"} },
		"a key that expires": func(c *party.Card) { c.Officers[0].Until = utc.Max },
	} {
		mine := cardFor("RU", "")
		change(&mine)
		if _, err := Sign(p, mine, signer("RUchief")); err == nil || !strings.Contains(err.Error(), "is not the one that this node holds") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := Sign(p, cardFor("SY", ""), signer("SYchief")); err == nil || !strings.Contains(err.Error(), "SY is not on it") {
		t.Errorf("a stranger signs: %v", err)
	}
	if _, err := Sign(p, cardFor("RU", ""), signer("RUnode")); err == nil || !strings.Contains(err.Error(), "no officer") {
		t.Errorf("a key that is no chief's: %v", err)
	}
}

// Whatever is changed in the file, it is refused, and the reason names the place.
func TestAProposalThatWasTamperedWithIsRefused(t *testing.T) {
	p := must[Proposal](t)(Sign(proposed(t, "IL", "RU"), cardFor("IL", ""), signer("ILchief")))
	text := string(must[[]byte](t)(MarshalProposal(p)))
	for want, edit := range map[string]string{
		`line 2 is "Line: IL-SY", want "Line: IL-RU"`: strings.Replace(text, "Line: IL-RU", "Line: IL-SY", 1),
		`want "Not signed yet: RU"`:                   strings.Replace(text, "Not signed yet: RU", "Not signed yet: nobody", 1),
		`want "Words: `:                               strings.Replace(text, "Words: ", "Words: abandon ", 1),
		"the base64 part":                             strings.Replace(text, "\n\n", "\n\n*", 1),
		"the first line is":                           "x" + text,
		"found 1 parts":                               "hello",
		"found 4 parts":                               text + "\n\nPS: trust me",
		`the first line is "PARLEY LINE PROPOSAL 1 "`: strings.Replace(text, "PROPOSAL 1\n", "PROPOSAL 1 \n", 1),
		"at most 1048576":                             strings.Repeat("x", 2<<20),
	} {
		if _, err := ParseProposal([]byte(edit)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	for i := range len(text) {
		b := []byte(text)
		b[i] ^= 1
		if got, err := ParseProposal(b); err == nil && !bytes.Equal(got.Charter, p.Charter) {
			t.Fatalf("byte %d changed, and another charter is read", i)
		}
	}
}

func TestAForgedSignatureOnAProposalIsNotRead(t *testing.T) {
	p := must[Proposal](t)(Sign(proposed(t, "IL", "RU"), cardFor("IL", ""), signer("ILchief")))
	p.Signatures[0].Sig = bytes.Clone(p.Signatures[0].Sig)
	p.Signatures[0].Sig[3] ^= 1
	if _, err := MarshalProposal(p); err == nil || !strings.Contains(err.Error(), "signatures[0].sig") {
		t.Errorf("written: %v", err)
	}
}

func TestNewCharterNamesWhatIsWrong(t *testing.T) {
	cards := []party.Card{cardFor("IL", ""), cardFor("RU", "")}
	good := CharterOptions{Phrases: record.Hash{1}, Made: epoch, Nonce: record.Nonce{1}}
	for want, f := range map[string]func() ([]byte, error){
		"name":  func() ([]byte, error) { return NewCharter("IL RU", cards, good) },
		"cards": func() ([]byte, error) { return NewCharter("IL-RU", cards[:1], good) },
		"nonce": func() ([]byte, error) { o := good; o.Nonce = record.Nonce{}; return NewCharter("IL-RU", cards, o) },
		"made":  func() ([]byte, error) { o := good; o.Made = 0; return NewCharter("IL-RU", cards, o) },
		"clocks": func() ([]byte, error) {
			o := good
			o.Clocks = &record.Clocks{}
			return NewCharter("IL-RU", cards, o)
		},
		"not after RU": func() ([]byte, error) { return NewCharter("IL-RU", append(cards, cards[1]), good) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// A third party joins: it signs by its new card, checks the chain, opens the
// line from it, and gets everything that was said before it came.
func TestAThirdPartyJoinsByAmendmentAndGetsTheWholeRecord(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 3, 0))
	w.deliver()
	purpose := "three now"
	ch := must[[]byte](t)(Amend(w.charter, Changes{Cards: []party.Card{cardFor("SY", "")}, Purpose: &purpose, Made: w.now, Nonce: record.Nonce{3}}))
	p := Proposal{Charter: ch, Chain: [][]byte{rawOf(t, w.charter)}}
	p = must[Proposal](t)(ParseProposal(must[[]byte](t)(MarshalProposal(p))))
	cr := rawOf(t, signedBy(t, p, "", "IL", "RU", "SY"))
	out, err := w.seats["IL"].line.AdoptCharter(cr, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.handle("IL", out)
	w.deliver() // RU reads of it in IL's logbook
	w.ids = append(w.ids, "SY")
	w.seats["SY"] = &seat{id: "SY", keys: keysFor("SY", ""), charters: [][]byte{rawOf(t, w.charter), cr},
		disks: map[logbook.ID]*logbook.Memory{}, power: &power{}, acked: map[record.Ref]bool{}, arrived: map[logbook.ID]uint64{}}
	if err := w.open("SY"); err != nil {
		t.Fatal(err)
	}
	w.append("SY", record.Urgent, w.compose("SY", record.Urgent, 1, 0))
	w.heal()
	w.check()
	if got := w.seats["RU"].line.Charter(); got.Revision != 1 || got.Purpose != purpose || len(w.seats["RU"].line.Members()) != 3 {
		t.Errorf("RU goes by revision %d", got.Revision)
	}
	if len(w.findings) != 0 {
		t.Errorf("found %+v", w.findings)
	}
}

// RU leaves by an amendment that the others sign: it is hung up on, its
// logbooks stay, and it signs nothing more.
func TestAPartyThatLeavesIsHungUpOnAndItsLogbooksStay(t *testing.T) {
	w := newWorld(t, "IL", "RU", "SY")
	w.quiet = true
	w.connect("IL", "RU")
	w.connect("IL", "SY")
	w.deliver()
	ch := must[[]byte](t)(Amend(w.charter, Changes{Leave: []party.ID{"RU"}, Made: w.now, Nonce: record.Nonce{4}}))
	cr := rawOf(t, signedBy(t, Proposal{Charter: ch, Chain: [][]byte{rawOf(t, w.charter)}}, "", "IL", "SY"))
	for _, p := range []party.ID{"IL", "RU"} {
		out, err := w.seats[p].line.AdoptCharter(cr, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.handle(p, out)
	}
	w.deliver()
	il := w.seats["IL"].line
	if out := il.Connected("RU", record.Urgent, w.now); len(out.Drop) != 1 {
		t.Error("RU is let in again")
	}
	if il.Log(w.logID("RU", record.Urgent)).Size() == 0 {
		t.Error("RU's logbook is gone")
	}
	if err := w.append("RU", record.Urgent, [][]byte{{1}}); !errors.Is(err, ErrNotMember) {
		t.Errorf("RU appends: %v", err)
	}
	if w.seats["SY"].line.Charter().Revision != 1 {
		t.Error("SY did not read of it")
	}
	if _, err := Amend(w.charter, Changes{Leave: []party.ID{"UK"}, Made: w.now, Nonce: record.Nonce{4}}); err == nil {
		t.Error("who is not on the charter leaves it")
	}
}

// The old checkpoint key is good up to the amendment, either while our copy
// has not seen it, and only the new one after.
func TestAfterItsAmendmentAnAuthorsOldKeySignsNothingMore(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	ru := w.seats["RU"].line
	id := w.logID("IL", record.Urgent)
	if n := len(ru.newKeys(ru.books[id])); n != 1 {
		t.Errorf("%d keys before, want 1", n)
	}
	// RU adopts first, by its own ceremony: IL's next batch may be under either.
	out, err := ru.AdoptCharter(w.amendment("IL"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(ru.newKeys(ru.books[id])); n != 2 {
		t.Errorf("%d keys while IL's own amendment is not in its logbook, want 2", n)
	}
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0)) // under the old one
	w.deliver()
	if n := ru.Log(id).Size(); n != 2 {
		t.Errorf("RU holds %d entries under the old key, want 2", n)
	}
	w.handle("RU", out) // now RU's own amendment reaches IL, whose keys are not brought yet
	w.deliver()
	il := w.seats["IL"].line
	if il.Charter().Revision != 1 || il.Log(id).Size() != 2 {
		t.Errorf("IL goes by revision %d with %d entries; its logbook must wait for its keys", il.Charter().Revision, il.Log(id).Size())
	}
	old := keysFor("IL", "").Log
	w.amend("IL")
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0))
	w.heal()
	w.check()
	if n := len(ru.newKeys(ru.books[id])); n != 1 {
		t.Errorf("%d keys after, want 1", n)
	}
	// Whoever stole the old key cannot go on with it.
	b := ru.books[id]
	fake, err := logbook.Open(id, logbook.NewMemory(), old.Public())
	if err != nil {
		t.Fatal(err)
	}
	have, err := b.log.EntryRange(0, b.log.Size(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fake.Append(append(have, []byte("stolen")), old); err != nil {
		t.Fatal(err)
	}
	m := informOf(w, fake, b.log.Size(), b.log.Size()+1)
	m.Revision = 1
	res := ru.Step("IL", m, w.now)
	if len(res.Arrived) != 0 || len(res.Findings) != 1 || res.Findings[0].What != record.FindingSignature {
		t.Errorf("a batch under the old key: %+v", res)
	}
}

func TestKeysAreFoundByCharterAndByPlaceInTheLog(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	w.amend("IL")
	w.deliver()
	l := w.seats["RU"].line
	id := w.logID("IL", record.Urgent)
	oldKey, newKey := signer("ILchief").Public(), signer("ILchief2").Public()
	for _, k := range []party.Key{oldKey, newKey, signer("ILnode").Public(), signer("ILnode2").Public()} {
		if got, _, ok := l.KeyFor("IL", k.ID(), w.now); !ok || got != k {
			t.Errorf("KeyFor does not find %s", k)
		}
	}
	for _, c := range []struct {
		index uint64
		key   party.Key
		want  bool
	}{{0, signer("ILnode").Public(), true}, {0, signer("ILnode2").Public(), false}, {1, signer("ILnode2").Public(), true},
		{1, signer("ILnode").Public(), true}, {2, oldKey, false}, {2, newKey, true}} {
		if _, _, ok := l.KeyAt(id, c.index, c.key.ID(), w.now); ok != c.want {
			t.Errorf("KeyAt entry %d, key %s: %v, want %v", c.index, c.key, ok, c.want)
		}
	}
	if _, o, ok := l.KeyFor("IL", newKey.ID(), w.now); !ok || o.ID != "chief" {
		t.Errorf("the officer is %+v", o)
	}
	if _, _, ok := l.KeyFor("RU", newKey.ID(), w.now); ok {
		t.Error("IL's key is found as RU's")
	}
	if _, _, ok := l.KeyAt(logbook.ID{}, 0, newKey.ID(), w.now); ok {
		t.Error("a key in no logbook")
	}
}

func TestAnOfficersKeyIsGoodOnlyInItsTime(t *testing.T) {
	c := record.Charter{Cards: []party.Card{{Party: "IL", Officers: []party.Officer{{ID: "a", Key: signer("a").Public(), From: 100, Until: 200}}}}}
	for at, want := range map[utc.Time]bool{99: false, 100: true, 199: true, 200: false} {
		if _, _, ok := keyIn(c, "IL", signer("a").Public().ID(), at); ok != want {
			t.Errorf("at %d: %v, want %v", int64(at), ok, want)
		}
	}
}

func TestOpenNamesWhatIsWrong(t *testing.T) {
	cr := rawOf(t, founded(t, "IL-RU", "IL", "RU"))
	k := keysFor("IL", "")
	store := func(logbook.ID) (logbook.Store, error) { return logbook.NewMemory(), nil }
	good := Config{Self: "IL", Log: k.Log, Receipt: k.Receipt, Node: k.Node, Charters: [][]byte{cr}, Store: store}
	for want, change := range map[string]func(*Config){
		"Config.Log is nil":            func(c *Config) { c.Log = nil },
		"Config.Store is nil":          func(c *Config) { c.Store = nil },
		"Config.Charters is empty":     func(c *Config) { c.Charters = nil },
		"charter 0":                    func(c *Config) { c.Charters = [][]byte{cr[1:]} },
		"SY is no party":               func(c *Config) { c.Self = "SY" },
		"are not the keys of IL's":     func(c *Config) { c.Log = signer("other") },
		"RU/routine":                   func(c *Config) { c.Store = broken(t, "RU", record.Routine) },
		"logbook IL/urgent: the power": func(c *Config) { c.Store = broken(t, "IL", record.Urgent) },
		"not of this line":             func(c *Config) { c.Held = []logbook.ID{{Party: "IL", Lane: 1, Incarnation: 2}} },
	} {
		cfg := good
		change(&cfg)
		if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	unsigned := founded(t, "IL-RU", "IL", "RU")
	unsigned.Signatures = unsigned.Signatures[:1]
	cfg := good
	cfg.Charters = [][]byte{rawOf(t, unsigned)}
	if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), "RU has not signed") {
		t.Errorf("a charter that RU has not signed: %v", err)
	}
}

func broken(t *testing.T, p party.ID, lane record.Lane) func(logbook.ID) (logbook.Store, error) {
	return func(id logbook.ID) (logbook.Store, error) {
		if id.Party == p && id.Lane == lane {
			return nil, errPower
		}
		return logbook.NewMemory(), nil
	}
}

func TestAppendRefusesWhatCannotBeAndChangesNothing(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	l := w.seats["IL"].line
	for want, f := range map[string]func() error{
		"lane 3":              func() error { _, _, err := l.Append(3, [][]byte{{1}}); return err },
		"no records":          func() error { _, _, err := l.Append(record.Urgent, nil); return err },
		"record 1 has 0":      func() error { _, _, err := l.Append(record.Urgent, [][]byte{{1}, {}}); return err },
		"record 0 has 60001 ": func() error { _, _, err := l.Append(record.Urgent, [][]byte{make([]byte, 60001)}); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	if n := l.Log(w.logID("IL", record.Urgent)).Size(); n != 1 {
		t.Errorf("the logbook has %d entries", n)
	}
	refs, _, err := l.Append(record.Urgent, w.compose("IL", record.Urgent, 1200, 0))
	if err != nil || len(refs) != 1200 || refs[1199].Index != 1200 {
		t.Errorf("1,200 records at once: %d refs, %v", len(refs), err)
	}
	notes, err := l.Log(w.logID("IL", record.Urgent)).NotesFrom(2, 100)
	if err != nil || len(notes) != 3 || notes[0].Size != 513 {
		t.Errorf("%d batches, want 3 of at most 512: %v", len(notes), err)
	}
}

func TestOnlyNewsNeedsAReceivedRecord(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	l := w.seats["IL"].line
	charter, err := l.Log(w.logID("IL", record.Urgent)).EntryRange(0, 1, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	received, err := record.Seal(record.Envelope{Line: l.ID(), Party: "RU", Lane: record.Urgent, Composed: w.now, Precedence: record.Ordinary, Exercise: true},
		record.Received{Heads: []record.Head{{Party: "IL", Lane: record.Urgent, Incarnation: 1, Size: 1, Root: record.Hash{1}}}}, signer("RUnode"))
	if err != nil {
		t.Fatal(err)
	}
	say := w.compose("RU", record.Urgent, 1, 0)[0]
	for _, c := range []struct {
		leaves [][]byte
		want   bool
	}{{[][]byte{charter[0]}, false}, {[][]byte{received}, false}, {[][]byte{received, charter[0]}, false}, {[][]byte{received, say}, true},
		{[][]byte{say}, true}, {[][]byte{{}}, true}, {[][]byte{[]byte("received")}, true}, {nil, false}} {
		if got := l.NeedsReceived(Arrived{Log: w.logID("RU", record.Urgent), Leaves: c.leaves}); got != c.want {
			t.Errorf("%q: %v, want %v", c.leaves, got, c.want)
		}
	}
	if l.NeedsReceived(Arrived{Log: w.logID("IL", record.Urgent), Leaves: [][]byte{say}}) {
		t.Error("our own records need none")
	}
	// After our close nothing goes in but received records.
	w.append("IL", record.Urgent, [][]byte{w.closing("IL")})
	mine, err := record.Seal(record.Envelope{Line: l.ID(), Party: "IL", Lane: record.Urgent, Composed: w.now, Precedence: record.Ordinary, Exercise: true},
		record.Received{Heads: []record.Head{{Party: "RU", Lane: record.Urgent, Incarnation: 1, Size: 1, Root: record.Hash{1}}}}, signer("ILnode"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.append("IL", record.Urgent, [][]byte{mine}); err != nil {
		t.Errorf("a received record after our close: %v", err)
	}
	if err := w.append("IL", record.Routine, w.compose("IL", record.Routine, 1, 0)); !errors.Is(err, ErrClosed) {
		t.Errorf("a say after our close, on the other lane: %v", err)
	}
	if !l.Closed("IL") || l.Closed("RU") {
		t.Error("who has closed")
	}
	w.seats["IL"].line = nil
	w.open("IL")
	if err := w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0)); !errors.Is(err, ErrClosed) {
		t.Errorf("a say after our close and a restart: %v", err)
	}
}
