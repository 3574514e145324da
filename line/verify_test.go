package line_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"parley/line"
	"parley/line/historytest"
	"parley/logbook"
	"parley/party"
	"parley/record"
)

// evening gives a line on which a little of everything was said.
func evening(t testing.TB) *historytest.Line {
	t.Helper()
	k := historytest.New(t, "IL-RU", "IL", "RU")
	k.Evening("IL", "RU")
	return k
}

// wantProblem verifies h and wants a problem that begins as given.
func wantProblem(t *testing.T, h line.History, want string) {
	t.Helper()
	v := line.Verify(h)
	if v.OK {
		t.Errorf("verified, want %q", want)
	}
	for _, p := range v.Problems {
		if strings.HasPrefix(p.String(), want) {
			return
		}
	}
	t.Errorf("want %q, have\n%s", want, v.Words())
}

func TestAnEveningVerifiesAndTheVerdictIsReadable(t *testing.T) {
	v := line.Verify(evening(t).History("IL"))
	if !v.OK {
		t.Fatal(v.Words())
	}
	if v.Records != 12 || v.Checkpoints != 12 || v.Receipts != 12 || v.Unreceipted != 0 || v.Charters != 1 {
		t.Errorf("counts %+v", v)
	}
	want := `Line IL-RU (LINE), parties IL and RU; 1 charter, each signed by a chief of every party.
This is the copy that IL holds.
IL/urgent: entries 1 to 4, numbered without a gap; 4 of them open with a true signature; 4 signed checkpoints by IL.
  RU has signed that it durably holds entries 1 to 4; that receipt is of 2018-09-17T18:39:10.000Z by its own clock.
RU/urgent: entries 1 to 3, numbered without a gap; 3 of them open with a true signature; 3 signed checkpoints by RU.
  IL has signed that it durably holds entries 1 to 3; that receipt is of 2018-09-17T18:39:07.000Z by its own clock.
IL/routine: entries 1 to 2, numbered without a gap; 2 of them open with a true signature; 2 signed checkpoints by IL.
  RU has signed that it durably holds entries 1 to 2; that receipt is of 2018-09-17T18:39:11.000Z by its own clock.
RU/routine: entries 1 to 3, numbered without a gap; 3 of them open with a true signature; 3 signed checkpoints by RU.
  IL has signed that it durably holds entries 1 to 3; that receipt is of 2018-09-17T18:39:12.000Z by its own clock.
Remark: IL-RU/IL/routine/2: it opens the relay's origin: line 0900000000000000, SY/urgent/4.
VERIFIED: 12 records, 12 checkpoints and 12 receipts hold; nothing in this copy contradicts itself.
`
	if got := strings.Replace(v.Words(), fmt.Sprintf("%x", v.Line[:8]), "LINE", 1); got != want {
		t.Errorf("words:\n%s\nwant:\n%s", got, want)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back line.Verdict
	if err := json.Unmarshal(b, &back); err != nil || back.Words() != v.Words() {
		t.Errorf("as JSON it says something else: %v", err)
	}
	if again := line.Verify(evening(t).History("IL")); again.Words() != v.Words() {
		t.Error("the same copy, another verdict")
	}
}

// Any flipped byte of any charter, entry, checkpoint or receipt is found, and
// the place is named. One byte in 71 here, from another start in each piece;
// PARLEY_SOAK=1 flips every one.
func TestAnyFlippedByteOfAHistoryIsFoundAndItsPlaceNamed(t *testing.T) {
	h := evening(t).History("IL")
	stride, pieces := 71, 0
	if os.Getenv("PARLEY_SOAK") != "" {
		stride = 1
	}
	flip := func(b []byte, places func(int) []string) {
		pieces++
		for i := pieces * 11 % stride; i < len(b); i += stride {
			b[i] ^= 1 << (i % 8)
			v := line.Verify(h)
			b[i] ^= 1 << (i % 8)
			want := places(i)
			if v.OK || !slices.ContainsFunc(v.Problems, func(p line.Problem) bool {
				return slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(p.Place, w) })
			}) {
				t.Fatalf("byte %d of %v flipped: %s", i, want, v.Words())
			}
		}
	}
	flip(h.Charters[0], func(int) []string { return []string{"charter 0", "IL-RU"} })
	for _, l := range h.Logs {
		for i, e := range l.Entries {
			place := []string{fmt.Sprintf("IL-RU/%s/%d", l.ID, i+1)}
			flip(e, func(int) []string { return place })
		}
		for _, n := range l.Notes {
			flip(n.Note, func(int) []string { return []string{fmt.Sprintf("IL-RU/%s/checkpoint %d", l.ID, n.Size)} })
		}
	}
}

func TestWhatIsMissingOrOutOfPlaceIsNamed(t *testing.T) {
	for what, c := range map[string]struct {
		spoil func(*line.History)
		want  string
	}{
		"a logbook left out":  {func(h *line.History) { h.Logs = h.Logs[1:] }, "IL-RU/IL/urgent: the logbook is not in this copy"},
		"a logbook twice":     {func(h *line.History) { h.Logs = append(h.Logs, h.Logs[0]) }, "IL-RU/IL/urgent: it is there twice"},
		"another line's":      {func(h *line.History) { h.Logs[0].ID.Line[0] ^= 1 }, "IL-RU/IL/urgent: it is a logbook of line"},
		"a stranger's":        {func(h *line.History) { h.Logs[0].ID.Party = "SY" }, "IL-RU/SY/urgent: no charter"},
		"a name that is none": {func(h *line.History) { h.Logs[0].ID.Party = "sy" }, "IL-RU/sy/urgent: party"},
		"an entry left out": {func(h *line.History) { h.Logs[0].Entries = slices.Delete(h.Logs[0].Entries, 1, 2) },
			"IL-RU/IL/urgent/checkpoint 2: entries 1 to 2 of this copy do not give the root"},
		"an entry too many": {func(h *line.History) { h.Logs[0].Entries = append(h.Logs[0].Entries, h.Logs[0].Entries[1]) },
			"IL-RU/IL/urgent/5: entries 5 to 5 stand under no signed checkpoint"},
		"two entries exchanged": {func(h *line.History) {
			e := h.Logs[0].Entries
			e[1], e[2] = e[2], e[1]
		}, "IL-RU/IL/urgent/checkpoint 2"},
		"the charter not first": {func(h *line.History) { h.Logs[0].Entries = h.Logs[0].Entries[1:] }, "IL-RU/IL/urgent/1: the first entry is a notice"},
		"a checkpoint twice": {func(h *line.History) { h.Logs[0].Notes = append(h.Logs[0].Notes, h.Logs[0].Notes[0]) },
			"IL-RU/IL/urgent/checkpoint 1: it comes after the checkpoint of 4"},
		"a checkpoint under another size": {func(h *line.History) { h.Logs[0].Notes[3].Size = 5 }, "IL-RU/IL/urgent/checkpoint 5: it is signed for size 4"},
		"another log's checkpoint":        {func(h *line.History) { h.Logs[0].Notes = h.Logs[1].Notes }, "IL-RU/IL/urgent/checkpoint 1: origin is"},
		"the holder's own end cut off": {func(h *line.History) {
			h.Logs[0].Entries, h.Logs[0].Notes = h.Logs[0].Entries[:1], h.Logs[0].Notes[:1]
		}, "IL-RU/RU/urgent/2: its author states that it received 2 entries of IL/urgent, but the copy of IL itself ends at 1"},
		"no charters":   {func(h *line.History) { *h = line.History{} }, "charter 0: there is no charter"},
		"half a record": {func(h *line.History) { h.Logs[0].Entries[1] = h.Logs[0].Entries[1][:40] }, "IL-RU/IL/urgent/2: the entry does not open"},
		"a charter torn": {func(h *line.History) { h.Charters = append(h.Charters, []byte("x")) },
			"IL-RU/charter 1"},
	} {
		t.Run(what, func(t *testing.T) {
			h := evening(t).History("IL")
			c.spoil(&h)
			wantProblem(t, h, c.want)
		})
	}
}

// The end of somebody else's logbook that has not arrived yet is no fault.
func TestTheMissingEndOfAnothersLogbookIsARemark(t *testing.T) {
	h := evening(t).History("RU")
	h.Logs[0].Entries, h.Logs[0].Notes = h.Logs[0].Entries[:1], h.Logs[0].Notes[:1]
	v := line.Verify(h)
	if !v.OK || !strings.Contains(v.Words(), "this copy ends at 1") {
		t.Fatal(v.Words())
	}
}

// Charters need not be given: those that stand in the logbooks are fully signed.
func TestTheChartersInTheLogbooksAreEnough(t *testing.T) {
	h := evening(t).History("IL")
	h.Charters = nil
	if v := line.Verify(h); !v.OK {
		t.Fatal(v.Words())
	}
}

// What is sealed by whom it should not be, or says what is not so, is stored
// and receipted like anything else, and named here.
func TestWhatARecordSaysIsHeldAgainstWhatIsHeld(t *testing.T) {
	say := record.Say{Text: "x", Lang: "en"}
	for what, c := range map[string]struct {
		put  func(k *historytest.Line)
		want string
	}{
		"rubbish": {func(k *historytest.Line) { k.Put("IL", record.Urgent, []byte("rubbish")) }, "IL-RU/IL/urgent/5: the entry does not open"},
		"another party's words": {func(k *historytest.Line) { k.Put("IL", record.Urgent, k.Seal("RU", record.Urgent, "duty", say, nil)) },
			"IL-RU/IL/urgent/5: it says that it belongs"},
		"another lane's words": {func(k *historytest.Line) { k.Put("IL", record.Urgent, k.Seal("IL", record.Routine, "duty", say, nil)) },
			"IL-RU/IL/urgent/5: it says that it belongs"},
		"another line's words": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "duty", say, func(e *record.Envelope) { e.Line[0] ^= 1 })
		}, "IL-RU/IL/urgent/5: it says that it belongs"},
		"a strange key": {func(k *historytest.Line) {
			k.Sides["IL"].Duty = party.NewSigner([32]byte{99})
			k.Say("IL", record.Urgent, "duty", say, nil)
		}, "IL-RU/IL/urgent/5: key"},
		"an officer whose time is over": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "duty", say, func(e *record.Envelope) { e.Composed = historytest.Start + 3600_000 })
		}, "IL-RU/IL/urgent/5: key"},
		"one officer for another": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "duty", say, func(e *record.Envelope) { e.Officer = "chief" })
		}, "IL-RU/IL/urgent/5: it is signed with duty's key but speaks for \"chief\""},
		"the machine for an officer": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "", say, func(e *record.Envelope) { e.Officer = "chief" })
		}, "IL-RU/IL/urgent/5: it is signed with the machine's key"},
		"an observer who speaks": {func(k *historytest.Line) { k.Say("IL", record.Urgent, "eyes", say, nil) },
			"IL-RU/IL/urgent/5: eyes is an observer"},
		"a reference with another content": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "duty", say, func(e *record.Envelope) {
				e.Re = &record.Ref{Party: "RU", Lane: record.Urgent, Incarnation: 1, Index: 1, Leaf: record.Hash{1}}
			})
		}, "IL-RU/IL/urgent/5: it is about IL-RU/RU/urgent/2, but with another content"},
		"a reference to no logbook": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "duty", say, func(e *record.Envelope) {
				e.Re = &record.Ref{Party: "RU", Lane: record.Urgent, Incarnation: 2, Leaf: record.Hash{1}}
			})
		}, "IL-RU/IL/urgent/5: it is about an entry of RU/urgent#2"},
		"a reference beyond its own end": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "duty", say, func(e *record.Envelope) {
				e.Re = &record.Ref{Party: "IL", Lane: record.Urgent, Incarnation: 1, Index: 77, Leaf: record.Hash{1}}
			})
		}, "IL-RU/IL/urgent/5: it is about IL-RU/IL/urgent/78, but the copy of IL itself ends at 5"},
		"a head seen that was never": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "duty", say, func(e *record.Envelope) {
				h := k.Head("RU", record.Urgent)
				h.Root[0] ^= 1
				e.Seen = []record.Head{h}
			})
		}, "IL-RU/IL/urgent/5: fork: its author had seen 3 entries of RU/urgent with another content"},
		"a head received that was never": {func(k *historytest.Line) {
			h := k.Head("RU", record.Urgent)
			h.Root[0] ^= 1
			k.Say("IL", record.Urgent, "", record.Received{Heads: []record.Head{h}}, nil)
		}, "IL-RU/IL/urgent/5: fork: its author states that it received 3 entries of RU/urgent"},
		"an opening with another salt": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "duty", record.Opening{Label: "count", Salt: record.Hash{8}, Content: []byte("two aircraft")}, about(k, 1))
		}, "IL-RU/IL/urgent/5: it does not open the closed part"},
		"an opening of another content": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "duty", record.Opening{Label: "count", Salt: record.Hash{5}, Content: []byte("six aircraft")}, about(k, 1))
		}, "IL-RU/IL/urgent/5: it does not open the closed part"},
		"an opening of no such part": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "duty", record.Opening{Label: "depth", Salt: record.Hash{5}, Content: []byte("two aircraft")}, about(k, 1))
		}, "IL-RU/IL/urgent/5: it does not open the closed part"},
		"another relay's origin": {func(k *historytest.Line) {
			o := record.Origin{Line: record.LineID{9}, Ref: record.Ref{Party: "SY", Lane: record.Urgent, Incarnation: 1, Index: 4, Leaf: record.Hash{4}}}
			k.Say("IL", record.Urgent, "duty", record.Opening{Salt: record.Hash{6}, Origin: &o}, about(k, 3))
		}, "IL-RU/IL/urgent/5: it does not open the origin"},
		"an opening by the other party": {func(k *historytest.Line) {
			k.Say("RU", record.Urgent, "duty", record.Opening{Label: "count", Salt: record.Hash{5}, Content: []byte("two aircraft")}, about(k, 1))
		}, "IL-RU/RU/urgent/4: it opens what IL closed"},
		"an opening of what is not closed": {func(k *historytest.Line) {
			k.Say("IL", record.Urgent, "duty", record.Opening{Label: "count", Salt: record.Hash{5}, Content: []byte("x")}, about(k, 2))
		}, "IL-RU/IL/urgent/5: it opens a opening"},
		"the same charter again": {func(k *historytest.Line) { k.SayCharter("IL", record.Urgent) },
			"IL-RU/IL/urgent/5: the charter in it is not the next"},
	} {
		t.Run(what, func(t *testing.T) {
			k := evening(t)
			c.put(k)
			wantProblem(t, k.History("IL"), c.want)
		})
	}
}

func about(k *historytest.Line, index uint64) func(*record.Envelope) {
	es, _ := k.Sides["IL"].Logs[record.Urgent].EntryRange(index, index+1, 1<<20)
	return func(e *record.Envelope) {
		e.Re = &record.Ref{Party: "IL", Lane: record.Urgent, Incarnation: 1, Index: index, Leaf: record.LeafHash(es[0])}
	}
}

// Whoever holds another key, or the right key for another role, receipts nothing.
func TestAReceiptThatIsNoneIsNamed(t *testing.T) {
	for what, c := range map[string]struct {
		name   string
		signer func(k *historytest.Line) party.Signer
		want   string
	}{
		"by the log key":       {"RU/mirror", func(k *historytest.Line) party.Signer { return k.Sides["RU"].Log }, "IL-RU/IL/urgent/checkpoint 5/receipt RU/mirror: the cosignature of RU/mirror names another key"},
		"by the author itself": {"IL/mirror", func(k *historytest.Line) party.Signer { return k.Sides["IL"].Receipt }, "IL-RU/IL/urgent/checkpoint 5/receipt IL/mirror: a party cannot"},
		"by a stranger":        {"SY/mirror", func(k *historytest.Line) party.Signer { return k.Sides["RU"].Receipt }, "IL-RU/IL/urgent/checkpoint 5/receipt SY/mirror: no charter"},
		"by a witness":         {"RU/witness", func(k *historytest.Line) party.Signer { return k.Sides["RU"].Receipt }, "IL-RU/IL/urgent/checkpoint 5: 1 of its signatures"},
	} {
		t.Run(what, func(t *testing.T) {
			k := evening(t)
			l, s := k.Sides["IL"].Logs[record.Urgent], c.signer(k)
			_, err := l.Append([][]byte{k.Seal("IL", record.Urgent, "duty", record.Say{Text: "x", Lang: "en"}, nil)}, k.Sides["IL"].Log)
			if err != nil {
				t.Fatal(err)
			}
			sig, err := l.Receipt(5, s, c.name, k.Now)
			if err != nil {
				t.Fatal(err)
			}
			h := k.History("IL")
			h.Logs[0].Notes[4].Note = append(h.Logs[0].Notes[4].Note, sig...)
			wantProblem(t, h, c.want)
		})
	}
}

// An amendment changes IL's keys: the batch that brings it is under the old
// checkpoint key, what follows under the new one, and nothing the other way.
func TestAnAmendedCharterChangesTheKeysFromItsPlaceOn(t *testing.T) {
	build := func(oldLogKey, oldDuty bool) line.History {
		k := evening(t)
		il := k.Sides["IL"]
		prev := k.Charter
		prevHash := record.CharterHash(mustBytes(record.MarshalCharter(prev)))
		id := k.ID
		c := prev
		c.Line, c.Revision, c.Previous, c.Made = &id, 1, &prevHash, k.Now
		next := historytest.NewSide("IL", 50)
		next.Card.Officers[0] = il.Card.Officers[0] // the chief stays
		c.Cards = []party.Card{next.Card, prev.Cards[1]}
		k.Sign(c)
		for _, p := range []party.ID{"IL", "RU"} {
			for _, lane := range []record.Lane{record.Urgent, record.Routine} {
				k.SayCharter(p, lane)
			}
		}
		if !oldLogKey {
			il.Log = next.Log
			il.Logs[record.Urgent].Rekey(next.Log.Public())
		}
		if !oldDuty {
			il.Duty = next.Duty
		}
		k.Say("IL", record.Urgent, "duty", record.Say{Text: "after", Lang: "en"}, nil)
		return k.History("IL")
	}
	if v := line.Verify(build(false, false)); !v.OK || v.Charters != 2 {
		t.Fatal(v.Words())
	}
	wantProblem(t, build(true, false), "IL-RU/IL/urgent/checkpoint 6: no signature by the log's key")
	wantProblem(t, build(false, true), "IL-RU/IL/urgent/6: key")
}

func mustBytes(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// A copy with endless faults gives a bounded verdict.
func TestAVerdictIsBounded(t *testing.T) {
	k := evening(t)
	h := k.History("IL")
	for range 3000 {
		h.Logs[0].Entries = append(h.Logs[0].Entries, []byte("rubbish"))
	}
	v := line.Verify(h)
	if v.OK || len(v.Problems) != 1000 || v.LeftOut < 2000 || !strings.Contains(v.Words(), "more are not listed") {
		t.Fatalf("%d problems, %d left out", len(v.Problems), v.LeftOut)
	}
}

// Verify takes any bytes at all.
func FuzzVerifyTakesAnyBytes(f *testing.F) {
	k := evening(f)
	h := k.History("IL")
	f.Add(h.Charters[0], h.Logs[0].Entries[1], h.Logs[0].Notes[1].Note, uint64(2))
	trueEntry, trueNote := h.Logs[0].Entries[1], h.Logs[0].Notes[1].Note
	f.Fuzz(func(t *testing.T, charter, entry, note []byte, size uint64) {
		c := h
		c.Charters, c.Logs = [][]byte{h.Charters[0], charter}, slices.Clone(h.Logs)
		c.Logs[0].Entries, c.Logs[0].Notes = slices.Clone(h.Logs[0].Entries), slices.Clone(h.Logs[0].Notes)
		c.Logs[0].Entries[1] = entry
		c.Logs[0].Notes[1] = logbook.NoteAt{Size: size, Note: note}
		if v := line.Verify(c); v.OK && (!bytes.Equal(entry, trueEntry) || !bytes.Equal(note, trueNote)) {
			t.Fatal("something else verified")
		}
	})
}

// Two holders compare their copies: an author that told them different things
// has signed for both.
func TestTwoCopiesOfOneLineAreHeldAgainstEachOther(t *testing.T) {
	one, two := evening(t), evening(t)
	a, b := one.History("IL"), two.History("RU")
	if ps := line.Compare(a, b); len(ps) != 0 {
		t.Fatal(ps)
	}
	one.Say("IL", record.Urgent, "duty", record.Say{Text: "I told RU", Lang: "en"}, nil)
	if ps := line.Compare(one.History("IL"), b); len(ps) != 0 {
		t.Fatal("a longer copy is no fork", ps)
	}
	two.Say("IL", record.Urgent, "duty", record.Say{Text: "I told nobody", Lang: "en"}, nil)
	a, b = one.History("IL"), two.History("RU")
	if !line.Verify(a).OK || !line.Verify(b).OK {
		t.Fatal("each copy by itself holds")
	}
	ps := line.Compare(a, b)
	if len(ps) != 1 || ps[0].Place != "IL/urgent/5" || !strings.Contains(ps[0].What, "the copy of IL and the copy of RU differ") ||
		strings.Count(ps[0].What, "size 5 root") != 2 {
		t.Fatal(ps)
	}
}
