package main

import (
	"strings"
	"testing"

	"parley/node"
	"parley/party"
	"parley/picture"
	"parley/utc"
)

// TestShowSaysWhoHasLeft: beside the line's parties, and beside the link, for
// the one that has left and nobody else.
func TestShowSaysWhoHasLeft(t *testing.T) {
	at, err := utc.Parse("2018-09-17T18:41:00Z")
	if err != nil {
		t.Fatal(err)
	}
	p := viewPicture{Lines: []viewLine{{Name: "three", Parties: []party.ID{"IL", "RU", "SY"},
		Left: []picture.Exit{{Party: "RU", At: at, Text: "we are relieved", By: "three/RU/urgent/9"}}}}}
	var out strings.Builder
	sh := &shell{out: &out, err: &out}
	if err := showLine(sh, p, "three", false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "RU has left, 18:41:00") {
		t.Errorf("the line doesn't say it:\n%s", out.String())
	}
	out.Reset()
	s := node.Status{Party: "IL", Lines: []node.LineStatus{{Name: "three", Peers: []node.PeerStatus{
		{Party: "RU", State: "down"}, {Party: "SY", State: "up"}}}}}
	linksTable(s, p).print(sh)
	for _, row := range strings.Split(out.String(), "\n") {
		if left := strings.Contains(row, "RU has left, 18:41:00"); left != strings.Contains(row, "down since") {
			t.Errorf("said of the wrong one: %s", row)
		}
	}
	if !strings.Contains(out.String(), "RU has left") {
		t.Errorf("the links don't say it:\n%s", out.String())
	}
}
