package line

import (
	"strings"
	"testing"
	"time"

	"parley/logbook"
	"parley/party"
	"parley/record"
)

// SY's receipt reaches RU while IL is away; when IL comes back, RU hands it
// over with its hello.
func TestAThirdPartysReceiptIsHandedOverWhenTheAuthorComesBack(t *testing.T) {
	w := newWorld(t, "IL", "RU", "SY")
	w.quiet = true
	w.connect("IL", "RU")
	w.connect("RU", "SY")
	w.deliver()
	w.tick(time.Second)
	w.tick(3 * time.Second)
	w.deliver()
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 2, 0))
	w.deliver()
	w.cut("IL", "RU")
	w.tick(time.Second)
	w.tick(3 * time.Second) // RU offers IL's entries to SY
	w.deliver()
	il, id := w.seats["IL"].line, w.logID("IL", record.Urgent)
	if n := il.Receipts(id)["SY"]; n != 1 {
		t.Fatalf("IL holds SY's receipt up to %d already", n)
	}
	w.connect("IL", "RU")
	w.deliver()
	if n := il.Receipts(id)["SY"]; n != 3 {
		t.Errorf("IL holds SY's receipt up to %d, want 3", n)
	}
	w.heal()
	w.check()
}

// An offered note may carry receipts: who can verify them keeps them, and a
// forged one among them does not count.
func TestReceiptsInAnOfferedNoteAreKeptIfTheyVerify(t *testing.T) {
	w := newWorld(t, "IL", "RU", "SY")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	il, id := w.seats["IL"].line, w.logID("IL", record.Urgent)
	note := func(key party.Signer) []byte {
		l, err := logbook.Open(id, cloneMemory(t, w.seats["IL"].disks[id], id, keysFor("IL", "").Log.Public()), keysFor("IL", "").Log.Public())
		if err != nil {
			t.Fatal(err)
		}
		cosig, err := l.Receipt(1, key, logbook.MirrorName("SY"), w.now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.AddReceipt(1, cosig, logbook.MirrorName("SY"), key.Public()); err != nil {
			t.Fatal(err)
		}
		return l.Note()
	}
	out := il.Step("RU", Offer{Log: ref("IL"), Note: note(signer("nobody's"))}, w.now)
	if len(out.Receipted) != 0 || len(out.Findings) != 1 || il.Receipts(id)["SY"] != 0 {
		t.Errorf("a forged receipt in a note: %+v", out)
	}
	out = il.Step("RU", Offer{Log: ref("IL"), Note: note(keysFor("SY", "").Receipt)}, w.now)
	if len(out.Receipted) != 1 || out.Receipted[0] != (Receipted{Log: id, Size: 1, By: "SY"}) {
		t.Errorf("a true one: %+v", out)
	}
}

// What others send us of our own logbook is a repeat, or the proof of a fork,
// or what our disk has lost.
func TestAnInformOfOurOwnLogbookIsARepeatAForkOrOurLoss(t *testing.T) {
	w, r := story(t)
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 2, 0))
	w.deliver()
	il, id := w.seats["IL"].line, w.logID("IL", record.Urgent)
	for _, span := range [][2]uint64{{0, 1}, {1, 3}} {
		if out := r.says(informOf(w, il.Log(id), span[0], span[1])); len(out.Findings)+len(out.Arrived)+len(out.Send) != 0 {
			t.Errorf("a repeat of %v: %+v", span, out)
		}
	}
	key := keysFor("IL", "").Log
	longer, err := logbook.Open(id, cloneMemory(t, w.seats["IL"].disks[id], id, key.Public()), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := longer.Append([][]byte{w.compose("IL", record.Urgent, 1, 0)[0]}, key); err != nil {
		t.Fatal(err)
	}
	m := informOf(w, longer, 3, 4)
	out := r.says(m)
	if q, ok := out.Send[0].Msg.(Missing); !ok || q.From != 3 || len(out.Findings) != 1 || out.Findings[0].What != record.FindingOld {
		t.Fatalf("our own key has signed more than we hold: %+v", out)
	} else {
		m.Request = q.Request
	}
	if err := w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0)); err == nil {
		t.Error("appended while behind")
	}
	if out := r.says(m); len(out.Arrived) != 1 || out.Arrived[0].Log != id || il.Log(id).Size() != 4 {
		t.Errorf("what was lost comes back: %+v", out)
	}
	if err := w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0)); err != nil {
		t.Errorf("mended: %v", err)
	}
	other, err := logbook.Open(id, logbook.NewMemory(), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Append([][]byte{[]byte("we never said this")}, key); err != nil {
		t.Fatal(err)
	}
	if out := r.says(informOf(w, other, 0, 1)); len(out.Findings) != 1 || out.Findings[0].What != record.FindingFork || out.Findings[0].Party != "IL" {
		t.Errorf("a fork under our own key: %+v", out)
	}
}

// A copy that catches up across an amendment gets a piece that ends with it:
// the next is under a key that it could not know.
func TestAPieceEndsAtAnAmendment(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	w.cut("IL", "RU")
	for range 3 {
		w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0))
	}
	w.amend("IL")
	for range 3 {
		w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0))
	}
	w.connect("IL", "RU")
	var pieces []uint64
	for len(w.routes()) > 0 {
		for _, r := range w.routes() {
			m, err := ParseMessage(w.queues[r][0])
			if err != nil {
				t.Fatal(err)
			}
			if m, ok := m.(Inform); ok && r.from == "IL" && r.lane == record.Urgent {
				pieces = append(pieces, m.From+uint64(len(m.Entries)))
			}
			w.one(r, 0, false)
		}
	}
	if len(pieces) != 2 || pieces[0] != 5 || pieces[1] != 8 {
		t.Errorf("the pieces end at %v, want 5 (the amendment) and 8", pieces)
	}
	w.heal()
	w.check()
	if len(w.findings) != 0 {
		t.Errorf("found %+v", w.findings)
	}
	// A piece that starts behind our end reaches past it only to its own end.
	l := w.seats["IL"].line
	for from, end := range map[uint64]uint64{0: 5, 4: 5, 5: 8, 7: 8} {
		inf, err := l.piece(l.books[w.logID("IL", record.Urgent)], from)
		if err != nil || inf.From+uint64(len(inf.Entries)) != end {
			t.Errorf("the piece from %d ends at %d, want %d (%v)", from, inf.From+uint64(len(inf.Entries)), end, err)
		}
		if (inf.Base != nil) != (from > 0) {
			t.Errorf("the piece from %d: base %q", from, inf.Base)
		}
	}
}

// A disk that fails stops its logbook, says so, and blames nobody.
func TestADiskThatFailsIsReportedAndNobodyIsBlamed(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0))
	s := w.seats["IL"]
	s.power.form, s.power.fail = "before", 1
	r := route{"RU", "IL", record.Urgent}
	m, err := ParseMessage(w.queues[r][0])
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if out := s.line.Step("RU", m, w.now); len(out.Findings)+len(out.Send)+len(out.Arrived)+len(out.Drop) != 0 {
			t.Errorf("on a failed disk: %+v", out)
		}
	}
	broken := s.line.Broken()
	if len(broken) != 1 || broken[w.logID("RU", record.Urgent)] == nil {
		t.Errorf("Broken gives %v", broken)
	}
	if s.line.Self() != "IL" || len(s.line.Charters()) != 1 {
		t.Error("the rest of the line")
	}
	for _, err := range broken {
		if !strings.Contains(err.Error(), "must be opened again") {
			t.Error(err)
		}
	}
}

// IL's receipt under its new key overtakes the amendment that explains it: RU
// waits, accuses nobody, and asks again once it has adopted.
func TestAReceiptThatOvertakesItsAmendmentIsNobodysFault(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	w.connect("IL", "RU")
	w.deliver()
	w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0))
	w.amend("IL")
	w.one(route{"RU", "IL", record.Urgent}, 0, false)
	r := route{"IL", "RU", record.Urgent}
	m, err := ParseMessage(w.queues[r][1])
	if err != nil {
		t.Fatal(err)
	}
	if rc, ok := m.(Receipt); !ok || rc.Revision != 1 {
		t.Fatalf("the second message is %+v, want a receipt under revision 1", m)
	}
	w.one(r, 1, false)
	ru, id := w.seats["RU"].line, w.logID("RU", record.Urgent)
	if n := ru.Receipts(id)["IL"]; n != 1 || len(w.findings) != 0 {
		t.Errorf("RU counts a receipt that it cannot verify (%d), or accuses: %+v", n, w.findings)
	}
	w.deliver()
	for range 3 {
		w.tick(4 * time.Second)
		w.deliver()
	}
	w.check()
	if len(w.findings) != 0 {
		t.Errorf("found %+v", w.findings)
	}
}
