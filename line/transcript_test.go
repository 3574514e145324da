package line

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/party"
	"parley/record"
)

var update = flag.Bool("update", false, "write the transcripts in testdata anew")

// TestTranscripts plays testdata/*.txt: stories of several parties. A line
// that begins with ">" is a command, "#" a comment; the lines after a command
// are what happened, and are compared. `go test ./line -run Transcripts
// -update` writes them anew; read the difference before you commit it.
//
//	parties A B …             found a line, open all
//	connect A B · cut A B     both lanes
//	append A lane n [bytes]   n records
//	close A                   A's close record, urgent
//	deliver                   everything, in order, until silence
//	pass A B lane [i]         only message i (0) from A to B
//	drop|repeat A B lane [i]  lose it; deliver it and leave it in the queue
//	queue A B lane            what is on the way
//	crash A before|after [n]  cut A's power at its n-th durable write (1)
//	reopen A
//	tick ms                   time passes for all
//	amend A                   all sign new keys for A; A adopts, the others read of it
//	state                     heads and receipts of all
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *update {
				if err := os.WriteFile(f, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want) {
				t.Errorf("%s: %s", f, firstDifference(got, string(want)))
			}
		})
	}
}

func play(t *testing.T, script string) string {
	var out strings.Builder
	var w *world
	for _, ln := range strings.Split(strings.TrimRight(script, "\n"), "\n") {
		if strings.HasPrefix(ln, "#") || ln == "" {
			out.WriteString(ln + "\n")
			continue
		}
		cmd, ok := strings.CutPrefix(ln, "> ")
		if !ok {
			continue
		}
		out.WriteString(ln + "\n")
		f := strings.Fields(cmd)
		if f[0] == "parties" {
			w = &world{}
			var ids []party.ID
			for _, p := range f[1:] {
				ids = append(ids, party.ID(p))
			}
			w = newWorld(t, ids...)
		} else {
			w.command(f)
		}
		out.WriteString(w.log.String())
		w.log.Reset()
	}
	return out.String()
}

func (w *world) command(f []string) {
	p := func(i int) party.ID { return party.ID(f[i]) }
	num := func(i, def int) int {
		if i >= len(f) {
			return def
		}
		n, err := strconv.Atoi(f[i])
		if err != nil {
			w.t.Fatalf("%q: %v", f, err)
		}
		return n
	}
	r := func() route {
		return route{p(1), p(2), map[string]record.Lane{"urgent": record.Urgent, "routine": record.Routine}[f[3]]}
	}
	switch f[0] {
	case "connect":
		w.connect(p(1), p(2))
	case "cut":
		w.cut(p(1), p(2))
	case "append":
		lane := map[string]record.Lane{"urgent": record.Urgent, "routine": record.Routine}[f[2]]
		w.append(p(1), lane, w.compose(p(1), lane, num(3, 1), num(4, 0)))
	case "close":
		w.append(p(1), record.Urgent, [][]byte{w.closing(p(1))})
	case "deliver":
		w.deliver()
	case "pass":
		w.one(r(), num(4, 0), false)
	case "repeat":
		w.one(r(), num(4, 0), true)
	case "drop":
		q, i := w.queues[r()], num(4, 0)
		w.queues[r()] = append(q[:i:i], q[i+1:]...)
	case "queue":
		for _, b := range w.queues[r()] {
			m, err := ParseMessage(b)
			if err != nil {
				w.t.Fatal(err)
			}
			w.say("%s", describe(m))
		}
	case "crash":
		w.seats[p(1)].power.form, w.seats[p(1)].power.fail = f[2], num(3, 1)
	case "reopen":
		w.open(p(1))
	case "tick":
		w.tick(time.Duration(num(1, 0)) * time.Millisecond)
	case "amend":
		w.amend(p(1))
	case "state":
		for _, id := range w.ids {
			if l := w.seats[id].line; l != nil {
				w.say("%s holds %s", id, w.heads(id))
				for _, log := range l.Logs() {
					for _, by := range w.ids {
						if n := l.Receipts(log)[by]; n > 0 && log.Party == id {
							w.say("%s can prove that %s holds %s up to %d", id, by, log, n)
						}
					}
				}
			}
		}
	default:
		w.t.Fatalf("unknown command %q", f)
	}
}

func (w *world) closing(p party.ID) []byte {
	leaf, err := record.Seal(record.Envelope{Line: w.seats[p].line.ID(), Party: p, Lane: record.Urgent, Officer: "chief", Composed: w.now,
		Precedence: record.Ordinary, Exercise: true}, record.Close{Text: "we leave"}, signer(string(p)+"chief"))
	if err != nil {
		w.t.Fatal(err)
	}
	return leaf
}

// amendment gives the next charter, with new keys for p, signed by all.
func (w *world) amendment(p party.ID) []byte {
	ch, err := Amend(w.charter, Changes{Cards: []party.Card{cardFor(p, "2")}, Made: w.now, Nonce: record.Nonce{2}})
	if err != nil {
		w.t.Fatal(err)
	}
	prop := Proposal{Charter: ch, Chain: [][]byte{rawOf(w.t, w.charter)}}
	return rawOf(w.t, signedBy(w.t, prop, "", w.ids...))
}

func (w *world) amend(p party.ID) {
	s := w.seats[p]
	keys := keysFor(p, "2")
	out, err := s.line.AdoptCharter(w.amendment(p), &keys)
	if err != nil {
		w.t.Fatal(err)
	}
	s.keys = keys
	w.handle(p, out)
}
