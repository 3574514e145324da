package main

import (
	"errors"
	"testing"
	"time"

	"parley/internal/feed"
	"parley/track"
)

// A receiver whose clock is wrong has every report refused; the log says so
// once a minute with how many, and the status counts them all.
func TestRefusedReportsAreAllCountedAndLoggedOnceAMinute(t *testing.T) {
	fd, err := feed.New(feed.Config{Name: "mast", Address: "h:1", Emit: func(track.Report) {}})
	if err != nil {
		t.Fatal(err)
	}
	x := &source{Feed: fd, from: "h:1", standing: "other"}
	start := time.Date(2018, 9, 17, 18, 39, 0, 0, time.UTC)
	var told []int
	for s := range 150 {
		if n := x.refuse(3, errors.New("its time is ahead"), start.Add(time.Duration(s)*time.Second)); n > 0 {
			told = append(told, n)
		}
	}
	if len(told) != 3 || told[0] != 3 || told[1] != 180 || told[2] != 180 {
		t.Errorf("told of %v", told)
	}
	if st := x.status(); st.Refused != 450 || st.LastError != "its time is ahead" || st.Name != "mast" || st.Source != "h:1" || st.Connected {
		t.Errorf("status %+v", st)
	}
}
