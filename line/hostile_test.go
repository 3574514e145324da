package line

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/logbook"
	"parley/party"
	"parley/record"
)

// rogue is a party that holds its own true keys and says what it likes.
type rogue struct {
	w  *world
	id party.ID
}

// story gives IL, honest, and RU, whose messages the test writes itself; they
// have greeted each other on both lanes and IL holds RU's first two entries of
// the urgent lane.
func story(t *testing.T) (*world, *rogue) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0))
	w.deliver()
	w.findings = nil
	return w, &rogue{w: w, id: "RU"}
}

func (w *world) logID(p party.ID, lane record.Lane) logbook.ID {
	return logbook.ID{Line: w.seats["IL"].line.ID(), Party: p, Lane: lane, Incarnation: 1}
}

func ref(p party.ID) LogRef { return LogRef{Party: p, Lane: record.Urgent, Incarnation: 1} }

// says lets IL take a message from RU, and gives what IL made of it.
func (r *rogue) says(m Message) Out {
	out := r.w.seats["IL"].line.Step(r.id, m, r.w.now)
	r.w.findings = append(r.w.findings, out.Findings...)
	for _, f := range out.Findings {
		if err := f.Validate(); err != nil {
			r.w.t.Errorf("a finding that is none: %v", err)
		}
	}
	return out
}

// history builds another logbook of RU, signed by RU's true key, of n entries
// of which the first shared are those that IL holds.
func (r *rogue) history(shared, n int, s party.Signer) *logbook.Log {
	id := r.w.logID("RU", record.Urgent)
	l, err := logbook.Open(id, logbook.NewMemory(), s.Public())
	if err != nil {
		r.w.t.Fatal(err)
	}
	have, err := r.w.seats["IL"].line.Log(id).EntryRange(0, uint64(shared), 1<<20)
	if err != nil {
		r.w.t.Fatal(err)
	}
	for i := range n {
		e := fmt.Appendf(nil, "another entry %d", i)
		if i < shared {
			e = have[i]
		}
		if _, err := l.Append([][]byte{e}, s); err != nil {
			r.w.t.Fatal(err)
		}
	}
	return l
}

func (r *rogue) truth() party.Signer { return keysFor("RU", "").Log }

func informOf(w *world, l *logbook.Log, from, to uint64) Inform {
	e, err := l.EntryRange(from, to, 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	note, err := l.NoteAt(to)
	if err != nil {
		w.t.Fatal(err)
	}
	return Inform{Log: refOf(l.ID()), From: from, Entries: e, Note: note}
}

// want checks that the newest finding is the one expected, with its proof, and
// that IL's copy has not moved.
func (r *rogue) want(t *testing.T, what string, by party.ID, text string, proofs ...[]byte) {
	t.Helper()
	if len(r.w.findings) == 0 {
		t.Fatalf("no finding, want %s", what)
	}
	f := r.w.findings[len(r.w.findings)-1]
	if f.What != what || f.Party != by || !strings.Contains(f.Text, text) || f.Line != r.w.seats["IL"].line.ID() {
		t.Errorf("found %s by %s: %s; want %s by %s: …%s…", f.What, f.Party, f.Text, what, by, text)
	}
	for _, p := range proofs {
		if !slicesContains(f.Proof, p) {
			t.Errorf("the proof lacks %q; it has %q", p, f.Proof)
		}
	}
	if n := r.w.seats["IL"].line.Log(r.w.logID("RU", record.Urgent)).Size(); n != 2 {
		t.Errorf("IL's copy has %d entries, want 2 as before", n)
	}
}

func slicesContains(have [][]byte, p []byte) bool {
	for _, h := range have {
		if bytes.Equal(h, p) {
			return true
		}
	}
	return false
}

func TestACheckpointSignedByAnotherKeyIsFoundWithTheNoteAsProof(t *testing.T) {
	w, r := story(t)
	m := informOf(w, r.history(2, 3, signer("nobody's")), 2, 3)
	out := r.says(m)
	r.want(t, record.FindingSignature, "RU", "wrong signature", m.Note)
	if len(out.Send) != 0 || len(out.Arrived) != 0 || len(out.Drop) != 0 {
		t.Errorf("IL answers %+v", out)
	}
	r.says(m)
	if out := r.says(m); len(out.Drop) != 1 {
		t.Error("after three wrong signatures the peer is not hung up on")
	}
	if n := len(w.findings); n != 1 {
		t.Errorf("%d findings, want one: the others are folded", n)
	}
	if out := w.seats["IL"].line.Tick(w.now.Add(11 * time.Minute)); len(out.Findings) != 1 || !strings.Contains(out.Findings[0].Text, "2 more times") {
		t.Errorf("the count of the folded ones: %+v", out.Findings)
	}
}

func TestTwoCheckpointsOfOneSizeAreAForkWithBothNotesAsProof(t *testing.T) {
	w, r := story(t)
	other := r.history(1, 2, r.truth())
	out := r.says(Offer{Log: ref("RU"), Note: other.Note()})
	ours, err := logbook.ParseCheckpoint(w.seats["IL"].line.Log(w.logID("RU", record.Urgent)).Note())
	if err != nil {
		t.Fatal(err)
	}
	r.want(t, record.FindingFork, "RU", "fork of RU/urgent", ours.Marshal(), other.Note())
	if len(out.Drop) != 0 {
		t.Error("the line must stay up after a fork")
	}
	// The other lane, and what goes on in the first history, are not touched.
	w.append("RU", record.Routine, w.compose("RU", record.Routine, 1, 0))
	w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0))
	w.deliver()
	w.check()
}

// The second history is longer, so its checkpoint alone proves nothing to a
// third party; the checkpoint at our size, which comes as Base, does.
func TestALongerSecondHistoryIsProvedByTheCheckpointAtOurSize(t *testing.T) {
	_, r := story(t)
	other := r.history(1, 4, r.truth())
	m := informOf(r.w, other, 2, 4)
	base, err := other.NoteAt(2)
	if err != nil {
		t.Fatal(err)
	}
	m.Base = base
	r.says(m)
	r.want(t, record.FindingFork, "RU", "two signed checkpoints of size 2", base)
}

func TestEntriesThatDoNotLeadToTheSignedRootAreRefused(t *testing.T) {
	w, r := story(t)
	m := informOf(w, r.history(2, 3, r.truth()), 2, 3)
	m.Entries[0] = []byte("put in on the way")
	r.says(m)
	r.want(t, record.FindingFork, "RU", "do not lead to the root", m.Note)
}

// A relay that alters entries of a third party is named itself, not the author.
func TestARelayThatAltersEntriesIsNamedAndTheAuthorIsNot(t *testing.T) {
	w := newWorld(t, "IL", "RU", "SY")
	w.quiet = true
	w.connect("IL", "RU")
	w.connect("RU", "SY")
	w.deliver()
	sy := w.seats["SY"].line.Log(w.logID("SY", record.Urgent))
	m := informOf(w, sy, 0, 1)
	m.Entries[0] = []byte("put in on the way")
	r := &rogue{w: w, id: "RU"}
	r.says(m)
	f := w.findings[len(w.findings)-1]
	if f.What != record.FindingProtocol || f.Party != "RU" {
		t.Errorf("found %+v", f)
	}
	w.tick(3 * time.Second) // RU offers the true ones after all
	w.tick(3 * time.Second)
	w.deliver()
	if n := w.seats["IL"].line.Log(w.logID("SY", record.Urgent)).Size(); n != 1 {
		t.Errorf("IL has %d entries of SY", n)
	}
}

func TestAnAnswerWithAGapIsFoundButAnOvertakenPushIsNot(t *testing.T) {
	w, r := story(t)
	l := r.history(2, 6, r.truth())
	out := r.says(informOf(w, l, 4, 6)) // pushed: only asks
	if len(out.Findings) != 0 || len(out.Send) != 1 {
		t.Fatalf("an overtaken push: %+v", out)
	}
	q := out.Send[0].Msg.(Missing)
	if q.From != 2 {
		t.Errorf("IL asks from %d, want 2", q.From)
	}
	m := informOf(w, l, 4, 6)
	m.Request = q.Request
	r.says(m)
	r.want(t, record.FindingGap, "RU", "the batch begins at entry 4, we hold 2", m.Note)
}

func TestEntriesThatDoNotEndAtTheirCheckpointAreAGap(t *testing.T) {
	w, r := story(t)
	m := informOf(w, r.history(2, 5, r.truth()), 2, 5)
	m.Entries = m.Entries[:2]
	r.says(m)
	r.want(t, record.FindingGap, "RU", "do not end at the checkpoint's size", m.Note)
}

// RU offers, and never gives.
func TestAPeerThatOffersAndNeverGivesIsFoundAfterFiveQuestions(t *testing.T) {
	w, r := story(t)
	note := r.history(2, 9, r.truth()).Note()
	out := r.says(Offer{Log: ref("RU"), Note: note})
	asked := len(out.Send)
	for range 12 {
		w.now = w.now.Add(time.Minute)
		out := w.seats["IL"].line.Tick(w.now)
		w.findings = append(w.findings, out.Findings...)
		for _, s := range out.Send {
			if _, ok := s.Msg.(Missing); ok {
				asked++
			}
		}
	}
	if asked != 5 {
		t.Errorf("IL asked %d times, want 5", asked)
	}
	r.want(t, record.FindingGap, "RU", "did not give the entries from 2 on, asked 5 times", note)
}

func TestABatchBeyondTheLimitIsFoundAndNothingOfItIsStored(t *testing.T) {
	w, r := story(t)
	note := r.history(2, 3, r.truth()).Note()
	many := Inform{Log: ref("RU"), From: 2, Note: note}
	for range 513 {
		many.Entries = append(many.Entries, []byte{1})
	}
	r.says(many)
	r.want(t, record.FindingOversize, "RU", "513 entries", note)
	wide := Inform{Log: LogRef{Party: "RU", Lane: record.Routine, Incarnation: 1}, From: 1, Note: note}
	for range 30 {
		wide.Entries = append(wide.Entries, make([]byte, 40000))
	}
	r.says(wide)
	r.want(t, record.FindingOversize, "RU", "1200000 bytes")
	leaf := Inform{Log: ref("RU"), From: 2, Note: note, Entries: [][]byte{make([]byte, 60001)}}
	w.findings, w.seats["IL"].line.folds = nil, map[foldKey]*fold{}
	r.says(leaf)
	r.want(t, record.FindingOversize, "RU", "60001 bytes")
}

// A further incarnation of a logbook costs a file, so it is made only under
// its author's own signature, and only few of them.
func TestAFurtherIncarnationIsHeldOnlyUnderItsAuthorsSignature(t *testing.T) {
	w, r := story(t)
	il := w.seats["IL"].line
	held := len(il.Logs())
	id := w.logID("RU", record.Urgent)
	for inc, signed := range map[uint32]party.Signer{2: signer("nobody's"), 3: r.truth(), 5: r.truth()} {
		id.Incarnation = inc
		l, err := logbook.Open(id, logbook.NewMemory(), signed.Public())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append([][]byte{[]byte("the old log ended at …")}, signed); err != nil {
			t.Fatal(err)
		}
		r.says(informOf(w, l, 0, 1))
	}
	id.Incarnation = 3
	if n := len(il.Logs()) - held; n != 1 || il.Log(id) == nil || il.Log(id).Size() != 1 {
		t.Errorf("%d more logbooks are held, want only the one that RU signed and that is within the limit", n)
	}
	for _, no := range []logbook.ID{{Line: id.Line, Party: "RU", Lane: 1, Incarnation: 2}, {Line: id.Line, Party: "RU", Lane: 1, Incarnation: 5}} {
		if il.Log(no) != nil {
			t.Errorf("%s is held", no)
		}
	}
	r.want(t, record.FindingProtocol, "RU", "logbook RU/urgent")
}

func TestACheckpointOfAnotherLineIsNoCheckpointOfThisOne(t *testing.T) {
	_, r := story(t)
	id := r.w.logID("RU", record.Urgent)
	id.Line = record.LineID{9}
	l, err := logbook.Open(id, logbook.NewMemory(), r.truth().Public())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := l.Append([][]byte{{byte(i)}}, r.truth()); err != nil {
			t.Fatal(err)
		}
	}
	r.says(Offer{Log: ref("RU"), Note: l.Note()})
	r.want(t, record.FindingSignature, "RU", "wrong signature", l.Note())
	r.says(Offer{Log: LogRef{Party: "RU", Lane: record.Routine, Incarnation: 1}, Note: []byte("no note at all")})
	r.want(t, record.FindingSignature, "RU", "couldn't read checkpoint")
}

// RU's disk was replaced by an old copy. IL notices when RU returns, keeps the
// proof, and gives RU back what it lost; meanwhile RU signs nothing.
func TestAPeerThatReturnsWithAnOldDiskIsFoundAndMended(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0))
	w.deliver()
	id := w.logID("RU", record.Urgent)
	old := cloneMemory(t, w.seats["RU"].disks[id], id, keysFor("RU", "").Log.Public())
	w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 3, 0))
	w.deliver()
	w.cut("IL", "RU")
	w.seats["RU"].disks[id] = old
	w.open("RU")
	if got := w.seats["RU"].line.Unheard(); len(got) != 1 {
		t.Errorf("RU has heard of nobody yet, Unheard gives %v", got)
	}
	w.connect("IL", "RU")
	for _, r := range []route{{"RU", "IL", record.Urgent}, {"IL", "RU", record.Urgent}, {"IL", "RU", record.Urgent}} {
		w.one(r, 0, false) // the hellos, and IL's offer
	}
	if err := w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0)); !errors.Is(err, ErrBehind) {
		t.Errorf("RU appends on an old disk: %v", err)
	}
	w.deliver()
	if err := w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0)); err != nil {
		t.Errorf("RU has all back and cannot append: %v", err)
	}
	w.heal()
	w.check()
	var by []string
	for _, f := range w.findings {
		by = append(by, f.What+" by "+string(f.Party))
	}
	if got := strings.Join(by, ", "); got != "old-checkpoint by RU, old-checkpoint by RU" {
		t.Errorf("found %s; want one finding on each side", got)
	}
}

// cloneMemory copies a store by its contents.
func cloneMemory(t *testing.T, m *logbook.Memory, id logbook.ID, key party.Key) *logbook.Memory {
	from, err := logbook.Open(id, m, key)
	if err != nil {
		t.Fatal(err)
	}
	to := logbook.NewMemory()
	l, err := logbook.Open(id, to, key)
	if err != nil {
		t.Fatal(err)
	}
	notes, err := from.NotesFrom(0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range notes {
		e, err := from.EntryRange(l.Size(), n.Size, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Accept(l.Size(), e, n.Note, key); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// If the restored node has signed before anybody could tell it, there are two
// histories; the peer has the proof, and shows it to the node, which never
// signs on that logbook again.
func TestANodeThatSignedOnAnOldDiskIsShownItsForkAndStops(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	id := w.logID("RU", record.Urgent)
	old := cloneMemory(t, w.seats["RU"].disks[id], id, keysFor("RU", "").Log.Public())
	w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0))
	w.deliver()
	w.cut("IL", "RU")
	w.seats["RU"].disks[id] = old
	w.open("RU")
	w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0))
	w.connect("IL", "RU")
	w.deliver()
	if err := w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0)); !errors.Is(err, ErrForked) {
		t.Errorf("RU appends to a forked logbook: %v", err)
	}
	if err := w.append("RU", record.Routine, w.compose("RU", record.Routine, 1, 0)); err != nil {
		t.Errorf("the other lane: %v", err)
	}
	forks := 0
	for _, f := range w.findings {
		if f.What == record.FindingFork && f.Party == "RU" && len(f.Proof) == 2 {
			forks++
		}
	}
	if forks != 2 {
		t.Errorf("%d forks found with both notes, want one by each side: %+v", forks, w.findings)
	}
}

func TestAFloodOfMessagesThatBringNothingIsFoundAndHungUpOn(t *testing.T) {
	for name, m := range map[string]Message{
		"offers":   Offer{Log: ref("RU")},
		"missing":  Missing{Log: ref("IL"), From: 0, Request: 1},
		"informs":  Inform{},
		"receipts": Receipt{Log: ref("IL"), Size: 1, By: "RU", Cosig: []byte("x")},
		"pings":    Ping{N: 1, T: epoch},
		"strange":  Missing{Log: LogRef{Party: "ZZ", Lane: record.Urgent, Incarnation: 1}, Request: 1},
		"lives":    Offer{Log: LogRef{Party: "RU", Lane: record.Urgent, Incarnation: 99}, Note: []byte("x")},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := story(t)
			held := w.seats["IL"].line.Log(w.logID("RU", record.Urgent))
			switch x := m.(type) {
			case Offer:
				if x.Note == nil {
					x.Note = held.Note()
					m = x
				}
			case Inform:
				m = informOf(w, held, 1, 2)
			}
			dropped := 0
			for n := range 50000 {
				if out := r.says(m); len(out.Drop) > 0 {
					dropped = n
					break
				}
			}
			if dropped < 400 || dropped > 40000 {
				t.Errorf("hung up after %d", dropped)
			}
			f := w.findings[len(w.findings)-1]
			if f.What != record.FindingProtocol || f.Party != "RU" {
				t.Errorf("found %+v", f)
			}
			if len(w.findings) > 2 {
				t.Errorf("%d findings", len(w.findings))
			}
		})
	}
}

func TestAHelloThatCannotBeEndsTheConnectionWithAReason(t *testing.T) {
	good := func(w *world) Hello {
		return Hello{Version: Version, Line: w.seats["IL"].line.ID(), Party: "RU", Lane: record.Urgent, Now: w.now}
	}
	for want, change := range map[string]func(*Hello){
		"speaks version 2":  func(h *Hello) { h.Version = 2 },
		"means line 09":     func(h *Hello) { h.Line = record.LineID{9} },
		"says it is SY":     func(h *Hello) { h.Party = "SY" },
		"hello: now -1":     func(h *Hello) { h.Now = -1 },
		"hello: lane 3":     func(h *Hello) { h.Lane = 3 },
		"of another lane":   func(h *Hello) { h.Heads = []record.Head{{Party: "RU", Lane: record.Routine, Incarnation: 1}} },
		"hello: 300 heads,": func(h *Hello) { h.Heads = make([]record.Head, 300) },
	} {
		w, r := story(t)
		h := good(w)
		change(&h)
		out := r.says(h)
		if len(w.findings) != 1 || !strings.Contains(w.findings[0].Text, want) {
			t.Errorf("%s: found %+v", want, w.findings)
		}
		if strings.HasPrefix(want, "hello") || want == "of another lane" {
			continue // not well-formed: a carrier would have refused it already
		}
		if bye, ok := out.Send[0].Msg.(Bye); !ok || !strings.Contains(bye.Reason, want) || len(out.Drop) != 1 {
			t.Errorf("%s: IL answers %+v", want, out)
		}
	}
}

func TestNothingIsBelievedBeforeTheHelloAndNothingAfterHangingUp(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	l := w.seats["IL"].line
	l.Connected("RU", record.Urgent, w.now)
	m := informOf(w, w.seats["RU"].line.Log(w.logID("RU", record.Urgent)), 0, 1)
	if out := l.Step("RU", m, w.now); len(out.Arrived)+len(out.Send)+len(out.Findings) != 0 {
		t.Errorf("before its hello: %+v", out)
	}
	out := l.Malformed("RU", record.Urgent, []byte("rubbish"), errors.New("no CBOR"), w.now)
	if len(out.Drop) != 1 || len(out.Findings) != 1 || string(out.Findings[0].Proof[0]) != "rubbish" {
		t.Errorf("a malformed frame: %+v", out)
	}
	if out := l.Step("RU", m, w.now); len(out.Arrived)+len(out.Send)+len(out.Findings) != 0 {
		t.Errorf("after hanging up: %+v", out)
	}
}

func TestAReceiptThatTheKeyDidNotMakeIsFound(t *testing.T) {
	w, r := story(t)
	il := w.seats["IL"].line.Log(w.logID("IL", record.Urgent))
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0))
	cosig, err := il.Receipt(2, signer("nobody's"), logbook.MirrorName("RU"), w.now)
	if err != nil {
		t.Fatal(err)
	}
	r.says(Receipt{Log: ref("IL"), Size: 2, By: "RU", Cosig: cosig})
	r.want(t, record.FindingSignature, "RU", "RU/mirror", cosig)
	if n := w.seats["IL"].line.Receipts(w.logID("IL", record.Urgent))["RU"]; n != 1 {
		t.Errorf("a forged receipt counts: %d", n)
	}
	offered := false // it counts so little that the offer is repeated
	for range 3 {
		w.now = w.now.Add(3 * time.Second)
		for _, s := range w.seats["IL"].line.Tick(w.now).Send {
			o, ok := s.Msg.(Offer)
			offered = offered || ok && o.Log == ref("IL")
		}
	}
	if !offered {
		t.Error("a forged receipt ends the wait for a true one")
	}
	r.says(Receipt{Log: ref("RU"), Size: 2, By: "RU", Cosig: cosig}) // of its own logbook
	r.want(t, record.FindingProtocol, "RU", "sent a receipt by RU for RU/urgent")
}

// One hostile peer, one honest: the honest one's records keep flowing.
func TestAHostilePeerDoesNotStopTheOthers(t *testing.T) {
	w := newWorld(t, "IL", "RU", "SY")
	w.quiet = true
	w.connect("IL", "RU")
	w.connect("IL", "SY")
	w.deliver()
	w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0))
	w.deliver()
	r := &rogue{w: w, id: "RU"}
	for i := range 300 {
		r.says(Inform{Log: ref("RU"), From: uint64(i), Entries: [][]byte{{1}}, Note: []byte("junk")})
		if i%3 == 0 {
			w.append("SY", record.Urgent, w.compose("SY", record.Urgent, 1, 0))
			w.deliver()
		}
	}
	if n := w.seats["IL"].line.Log(w.logID("SY", record.Urgent)).Size(); n != 101 {
		t.Errorf("IL has %d entries of SY, want 101", n)
	}
}

// What record.Open refuses is stored and receipted all the same: a bad leaf
// never wedges a log.
func TestALeafThatIsNoRecordIsStoredAndReceipted(t *testing.T) {
	w, r := story(t)
	l := r.history(2, 3, r.truth())
	out := r.says(informOf(w, l, 2, 3))
	if len(out.Arrived) != 1 || len(out.Findings) != 0 {
		t.Fatalf("%+v", out)
	}
	if rc, ok := out.Send[0].Msg.(Receipt); !ok || rc.Size != 3 {
		t.Errorf("IL answers %+v", out.Send)
	}
	if !w.seats["IL"].line.NeedsReceived(out.Arrived[0]) {
		t.Error("a leaf that is no record needs a received record too")
	}
}

// The proof of a fork stands on its own: two notes, one key, no log.
func TestTheProofOfAForkConvincesSomebodyWhoHoldsNothing(t *testing.T) {
	w, r := story(t)
	r.says(Offer{Log: ref("RU"), Note: r.history(1, 2, r.truth()).Note()})
	f := w.findings[0]
	var cs []logbook.Checkpoint
	for _, p := range f.Proof {
		c, err := logbook.ParseCheckpoint(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(w.logID("RU", record.Urgent), r.truth().Public()); err != nil {
			t.Fatal(err)
		}
		cs = append(cs, c)
	}
	if cs[0].Size != cs[1].Size || cs[0].Root == cs[1].Root {
		t.Errorf("the two checkpoints can both be true: %+v", cs)
	}
}
