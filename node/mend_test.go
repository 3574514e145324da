package node

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"parley/logbook"
	"parley/record"
	"parley/track"
	"parley/volume"
)

// disk is a store that takes nothing while it is full.
type disk struct {
	*logbook.Memory
	full *atomic.Bool
}

var errFull = errors.New("no space left on device")

func (d disk) Append(b logbook.Batch) error {
	if d.full.Load() {
		return errFull
	}
	return d.Memory.Append(b)
}

func (d disk) AddNote(size uint64, note []byte) error {
	if d.full.Load() {
		return errFull
	}
	return d.Memory.AddNote(size, note)
}

// Between 18:39 and 18:45 RU's disk is full. RU's seat says so, IL gets no
// receipt for what RU does not hold, and when there is room again everything
// comes in without a restart: the notice, and the alarm for the aircraft that
// has flown into its area meanwhile.
func TestAFullDiskIsSaidAndNothingIsLostWhenThereIsRoom(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:38:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	il, ru := w.seats["IL"], w.seats["RU"]
	w.settled()
	w.clock("2018-09-17T18:39:00Z")
	notice := il.say(Draft{Line: "IL-RU", Precedence: record.Flash, Body: hazard()})
	w.settled()
	w.clock("2018-09-17T18:41:00Z")

	ru.full.Store(true)
	later := il.say(Draft{Line: "IL-RU", Precedence: record.Flash, Body: record.Say{Text: "Are you there?"}})
	if _, err := ru.Say(t.Context(), Draft{Line: "IL-RU", Officer: "duty", Re: notice.ID, Body: record.Ack{Level: record.LevelRead}}); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("on a full disk RU's officer is told: %v", err)
	}
	// The track is in the area, and the engine says so once.
	if _, err := ru.Report(t.Context(), []TrackReport{{Standing: track.Own, Report: track.Report{ID: "IL20", At: at("2018-09-17T18:41:00Z"),
		Pos: volume.Position{Point: volume.Deg(35.52, 35.60), Alt: volume.Altitude{Feet: 16000, Datum: volume.FL}, HasAlt: true}, Source: "test", Synthetic: true}}}); err != nil {
		t.Fatal(err)
	}
	w.until("RU's seat says that its disk fails", func() bool {
		st, err := ru.Status(t.Context())
		return err == nil && st.Unlogged
	})
	if st, err := il.Status(t.Context()); err != nil || st.Unreceipted == 0 || st.Unlogged {
		t.Errorf("IL sees %d records without a receipt, unlogged %t (%v)", st.Unreceipted, st.Unlogged, err)
	}
	if _, ok := stateOf(il.pic(), later.ID, "RU", "received"); ok {
		t.Error("RU has receipted what it does not hold")
	}
	if len(openAlerts(ru.pic(), "inside")) != 0 {
		t.Error("an alert is shown that is in no log")
	}

	ru.full.Store(false)
	w.until("RU's disk takes what is said again", func() bool {
		st, err := ru.Status(t.Context())
		return err == nil && !st.Unlogged
	})
	w.settled()
	if _, ok := stateOf(il.pic(), later.ID, "RU", "received"); !ok {
		t.Error("what was said meanwhile has not come in")
	}
	w.until("the alarm that could not be logged is raised", func() bool { return len(openAlerts(ru.pic(), "inside")) == 1 })
	ru.say(Draft{Line: "IL-RU", Re: notice.ID, Body: record.Ack{Level: record.LevelRead}})
	w.settled()
}
