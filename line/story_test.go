package line

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/logbook"
	"parley/party"
	"parley/record"
)

// sizes gives, for each party, how many entries of everybody it holds.
func (w *world) sizes() string {
	var out []string
	for _, p := range w.ids {
		n := uint64(0)
		for _, id := range w.seats[p].line.Logs() {
			n += w.seats[p].line.Log(id).Size()
		}
		out = append(out, fmt.Sprintf("%s:%d", p, n))
	}
	return strings.Join(out, " ")
}

// join seats a party that an amendment has brought, with the charters so far.
func (w *world) join(p party.ID, charters ...[]byte) {
	w.t.Helper()
	w.ids = append(w.ids, p)
	w.seats[p] = &seat{id: p, keys: keysFor(p, ""), charters: charters, disks: map[logbook.ID]*logbook.Memory{},
		power: &power{}, acked: map[record.Ref]bool{}, arrived: map[logbook.ID]uint64{}}
	if err := w.open(p); err != nil {
		w.t.Fatal(err)
	}
}

// minutes lets time pass, with everything delivered.
func (w *world) minutes(n int) {
	for range 6 * n {
		w.tick(10 * time.Second)
		w.deliver()
	}
}

// TestAChainOfFourIsOneLine: IL – RU – SY – UK, and no other link. What IL
// writes reaches UK over two relays, on both lanes, and back; once IL and UK see
// each other, each has the other's receipt at once.
func TestAChainOfFourIsOneLine(t *testing.T) {
	w := newWorld(t, "IL", "RU", "SY", "UK")
	w.quiet = true
	for i := range 3 {
		w.connect(w.ids[i], w.ids[i+1])
	}
	w.deliver()
	for _, p := range w.ids {
		w.append(p, record.Urgent, w.compose(p, record.Urgent, 2, 0))
		w.append(p, record.Routine, w.compose(p, record.Routine, 3, 0))
	}
	w.minutes(5)
	if got := w.sizes(); got != "IL:28 RU:28 SY:28 UK:28" {
		t.Errorf("held: %s", got)
	}
	il, uk := w.seats["IL"].line, w.seats["UK"].line
	if n := il.Receipts(w.logID("IL", record.Urgent))["SY"]; n != 3 {
		t.Errorf("IL holds SY's receipt by way of RU up to %d, want 3", n)
	}
	for _, lane := range lanes {
		id := w.logID("IL", lane)
		if il.Log(id).Head() != uk.Log(id).Head() {
			t.Errorf("UK's copy of %s is not IL's", id)
		}
	}
	if len(uk.Unheard()) != 2 {
		t.Errorf("UK has heard all but %v", uk.Unheard())
	}
	w.connect("IL", "UK")
	w.deliver()
	if n := il.Receipts(w.logID("IL", record.Routine))["UK"]; n != 4 {
		t.Errorf("IL holds UK's receipt up to %d, want 4", n)
	}
	w.heal()
	w.check()
	if len(w.findings)+w.drops != 0 {
		t.Errorf("found %+v, %d drops", w.findings, w.drops)
	}
}

// TestAnyTreeOfLinksCarriesEverything: four parties, of whose six links chance
// leaves three that join them. Whoever wrote what on which lane, each copy
// becomes that of its author, and nobody is accused.
func TestAnyTreeOfLinksCarriesEverything(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ids := []party.ID{"IL", "RU", "SY", "UK"}
		w := newWorld(rt, ids...)
		w.quiet = true
		for i := 1; i < len(ids); i++ {
			w.connect(ids[rapid.IntRange(0, i-1).Draw(rt, "link")], ids[i])
		}
		for range rapid.IntRange(1, 8).Draw(rt, "appends") {
			p, lane := rapid.SampledFrom(ids).Draw(rt, "who"), rapid.SampledFrom(lanes[:]).Draw(rt, "lane")
			w.append(p, lane, w.compose(p, lane, rapid.IntRange(1, 3).Draw(rt, "n"), 0))
			if rapid.Bool().Draw(rt, "meanwhile") {
				w.deliver()
			}
			w.tick(time.Duration(rapid.IntRange(0, 3000).Draw(rt, "ms")) * time.Millisecond)
		}
		level := func() bool {
			return !slices.ContainsFunc(ids, func(p party.ID) bool { return w.heads(p) != w.heads(ids[0]) })
		}
		for n := 0; n < 24 && !level(); n++ {
			w.tick(10 * time.Second)
			w.deliver()
		}
		for _, p := range ids {
			for _, lane := range lanes {
				id := w.logID(p, lane)
				for _, q := range ids {
					if got, want := w.seats[q].line.Log(id).Head(), w.seats[p].line.Log(id).Head(); got != want {
						rt.Errorf("%s holds %d of %d of %s", q, got.Size, want.Size, id)
					}
				}
			}
		}
		if len(w.findings)+w.drops != 0 {
			rt.Errorf("found %+v, %d drops", w.findings, w.drops)
		}
	})
}

// TestAnAmendmentStandsWhereItStands: the new keys of IL come before, between
// and after what it writes on each lane, with RU there, away, or reached only by
// way of SY. The same records are held in the end, each good by the key of its
// place.
func TestAnAmendmentStandsWhereItStands(t *testing.T) {
	for _, order := range []string{"aur", "uar", "rau", "ura", "uraur", "auau", "uuaru", "rrarr", "a"} {
		for _, how := range []string{"there", "away", "by SY"} {
			t.Run(order+" "+how, func(t *testing.T) {
				w := newWorld(t, "IL", "RU", "SY")
				w.quiet = true
				switch how {
				case "there":
					w.connect("IL", "RU")
				case "by SY":
					w.connect("IL", "SY")
					w.connect("SY", "RU")
				}
				w.deliver()
				amended := false
				for _, c := range order {
					switch c {
					case 'a':
						if !amended {
							w.amend("IL")
						}
						amended = true
					case 'u':
						w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 2, 0))
					case 'r':
						w.append("IL", record.Routine, w.compose("IL", record.Routine, 1, 0))
					}
					w.deliver()
				}
				if how != "away" {
					w.minutes(3)
				}
				w.heal()
				w.check()
				if len(w.findings)+w.drops != 0 {
					t.Errorf("found %+v, %d drops", w.findings, w.drops)
				}
				for _, p := range w.ids {
					l := w.seats[p].line
					if l.Charter().Revision != 1 {
						t.Errorf("%s goes by revision %d", p, l.Charter().Revision)
					}
					for _, lane := range lanes {
						w.entitledEach(t, p, w.logID("IL", lane))
					}
				}
			})
		}
	}
}

// entitledEach holds every entry of a copy against who may say what.
func (w *world) entitledEach(t *testing.T, holder party.ID, id logbook.ID) {
	t.Helper()
	l := w.seats[holder].line
	leaves, err := l.Log(id).EntryRange(0, l.Log(id).Size(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i, leaf := range leaves {
		p, err := record.Parse(leaf)
		if err != nil {
			t.Fatal(err)
		}
		k, err := l.Entitled(id, uint64(i), &p.Record)
		if err != nil || p.Verify(k) != nil {
			t.Errorf("%s: entry %d of %s is signed by nobody entitled: %v", holder, i, id, err)
		}
	}
}

// TestWhoMaySayWhat names each reason for which a record has no effect.
func TestWhoMaySayWhat(t *testing.T) {
	w := newWorld(t, "IL", "RU")
	w.quiet = true
	l := w.seats["IL"].line
	id := w.logID("IL", record.Urgent)
	good := func() record.Record {
		p, err := record.Parse(w.compose("IL", record.Urgent, 1, 0)[0])
		if err != nil {
			t.Fatal(err)
		}
		return p.Record
	}
	for want, edit := range map[string]func(r *record.Record, id *logbook.ID){
		"":                            func(*record.Record, *logbook.ID) {},
		"is not held":                 func(_ *record.Record, id *logbook.ID) { id.Incarnation = 9 },
		"says that it belongs to":     func(r *record.Record, _ *logbook.ID) { r.Party = "RU" },
		"lane routine":                func(r *record.Record, _ *logbook.ID) { r.Lane = record.Routine },
		"belongs to line 07":          func(r *record.Record, _ *logbook.ID) { r.Line = record.LineID{7} },
		"belongs on a home line":      func(r *record.Record, _ *logbook.ID) { r.Kind = record.KindPlan },
		"it says exercise=false":      func(r *record.Record, _ *logbook.ID) { r.Exercise = false },
		"but speaks for \"deputy\"":   func(r *record.Record, _ *logbook.ID) { r.Officer = "deputy" },
		"signed with chief's key but": func(r *record.Record, _ *logbook.ID) { r.Officer = "" },
		"the machine's key but":       func(r *record.Record, _ *logbook.ID) { r.Key = keysFor("IL", "").Node.Public().ID() },
		"is on no card of IL":         func(r *record.Record, _ *logbook.ID) { r.Key = keysFor("RU", "").Node.Public().ID() },
	} {
		r, log := good(), id
		edit(&r, &log)
		_, err := l.Entitled(log, 1, &r)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
	observer := party.Officer{ID: "o", Roles: []party.Role{party.Observer}}
	both := party.Officer{ID: "o", Roles: []party.Role{party.Observer, party.Duty}}
	for body, may := range map[*record.Ack]bool{
		{Level: record.LevelSeen}: true, {Level: record.LevelRead}: true,
		{Level: record.LevelUnderstood}: false, {Level: record.LevelObjection}: false,
	} {
		if MaySay(observer, *body) != may || !MaySay(both, *body) {
			t.Errorf("an observer may say %s: %v", body.Level, !may)
		}
	}
	if MaySay(observer, record.Say{Text: "hello"}) || !MaySay(both, record.Say{Text: "hello"}) {
		t.Error("an observer speaks")
	}
}

// TestWhoJoinsAnOldLineGetsAllOfItFromWhoeverIsThere: the line has a long past,
// with an amendment in it, and only RU, who wrote least, is up when UK joins.
func TestWhoJoinsAnOldLineGetsAllOfItFromWhoeverIsThere(t *testing.T) {
	w := limited(t, Limits{BatchEntries: 7, BatchBytes: 4000}, "IL", "RU")
	for i := range 6 {
		w.append("IL", lanes[i%2], w.compose("IL", lanes[i%2], 10, 300))
		w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0))
		w.deliver()
	}
	w.amend("IL")
	w.deliver()
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 10, 300))
	w.deliver()
	w.minutes(1)
	il := w.seats["IL"].line
	history := il.Charters()
	second, err := ParseCharterRecord(history[1])
	if err != nil {
		t.Fatal(err)
	}
	ch, err := Amend(second, Changes{Cards: []party.Card{cardFor("UK", "")}, Made: w.now, Nonce: record.Nonce{3}})
	if err != nil {
		t.Fatal(err)
	}
	p := Proposal{Charter: ch, Chain: history}
	p, err = Sign(p, cardFor("IL", "2"), signer("ILchief2"))
	for _, id := range []party.ID{"RU", "UK"} {
		if err == nil {
			p, err = Sign(p, cardFor(id, ""), signer(string(id)+"chief"))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	cr, _, err := Complete(p)
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.seats["RU"].line.AdoptCharter(rawOf(t, cr), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.handle("RU", out)
	w.deliver()
	w.cut("IL", "RU")
	w.join("UK", append(history, rawOf(t, cr))...)
	w.connect("RU", "UK")
	w.minutes(4)
	uk, ru := w.seats["UK"].line, w.seats["RU"].line
	for _, id := range ru.Logs() {
		if uk.Log(id).Head() != ru.Log(id).Head() {
			t.Errorf("UK holds %d of %d of %s", uk.Log(id).Size(), ru.Log(id).Size(), id)
		}
	}
	for _, lane := range lanes {
		w.entitledEach(t, "UK", w.logID("IL", lane))
	}
	w.append("UK", record.Urgent, w.compose("UK", record.Urgent, 1, 0))
	w.heal()
	w.check()
	if len(w.findings)+w.drops != 0 || len(uk.Members()) != 3 {
		t.Errorf("%d found, %d drops, members %v", len(w.findings), w.drops, uk.Members())
	}
}

// TestReceiptsThatComeLateAndAllAtOnceCountOnceEach: for long nothing comes back
// from RU; then all of it does, in order, from the end, twice.
func TestReceiptsThatComeLateAndAllAtOnceCountOnceEach(t *testing.T) {
	for _, from := range []string{"the first", "the last", "both"} {
		w := limited(t, Limits{Window: 20}, "IL", "RU")
		there, back := route{"IL", "RU", record.Urgent}, route{"RU", "IL", record.Urgent}
		id := w.logID("IL", record.Urgent)
		for range 10 {
			w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0))
			w.one(there, 0, false)
			w.tick(150 * time.Millisecond)
		}
		il := w.seats["IL"].line
		if n := il.Receipts(id)["RU"]; n != 1 || len(w.queues[back]) != 10 {
			t.Fatalf("receipts up to %d, %d on the way", n, len(w.queues[back]))
		}
		var news []uint64
		last := uint64(1)
		for n := 0; len(w.queues[back]) > 0; n++ {
			i := 0
			if from == "the last" || from == "both" && n%2 == 1 {
				i = len(w.queues[back]) - 1
			}
			w.one(back, i, false)
			if now := il.Receipts(id)["RU"]; now < last {
				t.Errorf("%s: a receipt for less took back one for more: %d after %d", from, now, last)
			} else if now > last {
				news, last = append(news, now), now
			}
		}
		want := map[string]int{"the first": 10, "the last": 1, "both": 2}[from]
		if len(news) != want || last != 11 {
			t.Errorf("%s: news %v, want %d of them", from, news, want)
		}
		w.minutes(1)
		w.check()
		if len(w.findings)+w.drops != 0 {
			t.Errorf("%s: found %+v, %d drops", from, w.findings, w.drops)
		}
	}
}

// TestARestoredAuthorGetsItsOwnWordsFromAThirdParty: IL's disk is an old copy,
// RU, to whom it spoke, is away; SY has IL's records by way of RU and gives them
// back. Until then IL signs nothing on that lane, and the other lane is free.
func TestARestoredAuthorGetsItsOwnWordsFromAThirdParty(t *testing.T) {
	w := limited(t, Limits{}, "IL", "RU", "SY")
	id := w.logID("IL", record.Urgent)
	old := cloneMemory(t, w.seats["IL"].disks[id], id, keysFor("IL", "").Log.Public())
	w.cut("IL", "SY")
	w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 4, 0))
	w.deliver()
	w.minutes(1)
	for _, p := range []party.ID{"RU", "SY"} {
		w.cut("IL", p)
	}
	w.cut("RU", "SY")
	w.seats["IL"].disks[id] = old
	if err := w.open("IL"); err != nil {
		t.Fatal(err)
	}
	if got := w.seats["IL"].line.Unheard(); !slices.Equal(got, []party.ID{"RU", "SY"}) {
		t.Errorf("unheard %v", got)
	}
	w.connect("IL", "SY")
	for range 200 { // until SY's offer has come, and no longer
		if err := w.append("IL", record.Urgent, nil); errors.Is(err, ErrBehind) {
			break
		}
		rs := w.routes()
		if len(rs) == 0 {
			break
		}
		i := slices.IndexFunc(rs, func(r route) bool { return r.lane == record.Urgent })
		w.one(rs[max(i, 0)], 0, false)
		if len(w.findings) > 0 {
			break
		}
	}
	if err := w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0)); !errors.Is(err, ErrBehind) {
		t.Fatalf("IL appends on an old disk: %v", err)
	}
	if err := w.append("IL", record.Routine, w.compose("IL", record.Routine, 1, 0)); err != nil {
		t.Errorf("the other lane: %v", err)
	}
	w.deliver()
	if n := w.seats["IL"].line.Log(id).Size(); n != 5 {
		t.Errorf("IL has %d of its 5 entries back", n)
	}
	if err := w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 1, 0)); err != nil {
		t.Errorf("IL has all back: %v", err)
	}
	w.heal()
	w.check()
	for _, f := range w.findings {
		if f.What != record.FindingOld || f.Party != "IL" {
			t.Errorf("found %s by %s: %s", f.What, f.Party, f.Text)
		}
	}
}

// TestEachHoldersHistoryVerifies: after a lossy evening each party's copy, of
// itself and of the others, stands by itself, and any two agree.
func TestEachHoldersHistoryVerifies(t *testing.T) {
	w := limited(t, Limits{BatchEntries: 5}, "IL", "RU", "SY")
	for i := range 6 {
		p := w.ids[i%3]
		w.append(p, lanes[i%2], w.compose(p, lanes[i%2], 7, 0))
		if i == 2 {
			w.amend("IL")
		}
		if i != 4 {
			w.deliver()
		}
	}
	w.heal()
	w.check()
	want := 0
	for _, p := range w.ids {
		h, err := w.seats[p].line.History()
		if err != nil {
			t.Fatal(err)
		}
		v := Verify(h)
		if !v.OK || len(h.Logs) != 6 || h.Holder != p || len(h.Charters) != 2 {
			t.Errorf("%s's copy:\n%s", p, v.Words())
		}
		if want == 0 {
			want = v.Records
		}
		if v.Records != want || v.Records != 6*7+6+6 { // what was said, and two charters in each logbook
			t.Errorf("%s holds %d records", p, v.Records)
		}
	}
}
