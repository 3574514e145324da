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
