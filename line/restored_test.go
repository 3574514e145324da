package line

import (
	"testing"

	"parley/logbook"
	"parley/party"
	"parley/record"
)

// TestAPeerIsNotHeardUntilTheOfferOfWhatItsHelloNamedHasCome: RU comes back
// with an old copy. IL's hello names more of RU's logbook than RU holds; the
// offer that proves it is on the way. If RU took the hello for an answer it
// would sign a second history in between (found by simulation).
func TestAPeerIsNotHeardUntilTheOfferOfWhatItsHelloNamedHasCome(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.connect("IL", "RU")
	w.deliver()
	w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 3, 0))
	w.deliver()
	w.crashed("RU")
	id := logbook.ID{Line: w.seats["IL"].line.ID(), Party: "RU", Lane: record.Urgent, Incarnation: 1}
	w.seats["RU"].disks[id] = logbook.NewMemory()
	if err := w.open("RU"); err != nil {
		t.Fatal(err)
	}
	w.connect("IL", "RU")
	for _, lane := range lanes { // IL's hellos come, RU's are late
		w.one(route{"IL", "RU", lane}, 0, false)
	}
	if got := w.seats["RU"].line.Unheard(); len(got) != 1 || got[0] != party.ID("IL") {
		t.Errorf("IL has named entries that RU does not hold, Unheard gives %v", got)
	}
	w.deliver()
	if got := w.seats["RU"].line.Unheard(); len(got) != 0 {
		t.Errorf("all is back, Unheard gives %v", got)
	}
	w.heal()
	w.check()
}

// TestARevokedKeyProvesNoFork: who has IL's first key makes up a checkpoint of
// a size that IL signed with its second one. Nobody is accused of a fork, and
// IL goes on (found by simulation).
func TestARevokedKeyProvesNoFork(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.connect("IL", "RU")
	w.deliver()
	w.amend("IL")
	w.deliver()
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0))
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0))
	w.deliver()
	id := logbook.ID{Line: w.seats["IL"].line.ID(), Party: "IL", Lane: record.Urgent, Incarnation: 1}
	c := logbook.Checkpoint{Origin: id.Origin(), Size: 3, Root: record.Hash{1}}
	k := logbook.LogSigner(id, keysFor("IL", "").Log)
	sig, err := k.Sign(c.Text())
	if err != nil {
		t.Fatal(err)
	}
	c.Sigs = []logbook.Signature{{Name: k.Name(), Hash: k.KeyHash(), Raw: sig}}
	offer := Offer{Log: refOf(id), Note: c.Marshal(), Revision: 1}
	for _, at := range [][2]party.ID{{"RU", "IL"}, {"IL", "RU"}} { // the forger speaks to the second of each
		for _, f := range w.seats[at[1]].line.Step(at[0], offer, w.now).Findings {
			if f.What == record.FindingFork {
				t.Errorf("%s finds %s by %s: %s", at[1], f.What, f.Party, f.Text)
			}
		}
	}
	if err := w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0)); err != nil {
		t.Errorf("IL was stopped by a forgery: %v", err)
	}
}
