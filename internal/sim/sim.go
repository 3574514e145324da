// Package sim runs the parties of two lines in one process, on virtual time,
// with a network, disks and clocks that break, to find what schedule of faults
// makes a line lose a record, sign two histories or accuse an honest party.
//
// One seed is one run: chance (PCG of the seed, nothing else) chooses the
// parties, the faults and their order, so a seed that fails fails again in the
// same way, and Run with a trace tells how. Three or four parties share the
// first line; the last of them shares a second line with one more. A party is
// one process: it crashes on both lines at once and comes back with what its
// disks durably hold.
//
// Each seed has one of three tempers:
//
//   - Honest: disks keep what they said they keep. Nothing acknowledged may be
//     lost, nothing may be signed twice, nobody may be accused.
//   - Restored: one party's disks lose their tail at a crash (an fsync that
//     lied, or an old copy put back) and its people know. It appends nothing
//     until it has heard from every peer (line.Line.Unheard). Still no second
//     history may come out, and what peers hold comes back.
//   - Deceived: the same, and nobody knows. A second history can be signed
//     then; it must never stay silent: two copies that differ are a finding
//     with both checkpoints as proof.
//
// After every durable step, message and action the invariants are checked
// (check.go), against an oracle with its own Merkle tree that is fed by the
// disks alone. At the end everything is mended, and within Bound of virtual
// time all copies must be equal and all receipts must cover everything.
//
// Entries are opaque to the logbook, so they are plain bytes here and not
// sealed records; charters, checkpoints and receipts are real. Signatures are
// real too unless the binary was built with the overlay of mutants.go and
// PARLEY_SIM_FAST is set: then SHA-512 over key and message stands for both
// signing and verifying, which no forger here tries to break.
//
// Known and open: of deceived parties about one seed in a thousand (1228 is
// one) never gets whole. Its peers hold less of the second history than it
// does itself, so they offer nothing, and it hangs up on them for the receipts
// that they pass on before its own offer gets through.
package sim

import (
	"crypto/sha256"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"parley/line"
	"parley/party"
	"parley/record"
	"parley/utc"
)

// Bound is the virtual time within which a mended world must be whole.
const Bound = 20 * time.Minute

// MinSteps is how many durable steps a seed has before it is mended.
const MinSteps = 200

// Temper says what a seed's disks do.
type Temper int

// The tempers.
const (
	Honest Temper = iota
	Restored
	Deceived
	tempers
)

var temperNames = [tempers]string{"honest", "restored", "deceived"}

func (t Temper) String() string { return temperNames[t] }

// Result is what one seed came to.
type Result struct {
	Seed    uint64
	Temper  Temper
	Steps   int           // durable steps
	Healed  time.Duration // virtual time from mended to whole
	Forks   int           // second histories, each with its finding
	Blamed  int           // honest parties accused for relaying a second history (a known weakness)
	Matrix  Matrix
	Failure string // "": every invariant held
	Trace   string // only where asked for
}

// Run plays one seed. With trace the Result tells every event.
func Run(seed uint64, trace bool) (res Result) {
	w := newWorld(seed, trace)
	defer func() {
		if r := recover(); r != nil {
			res = w.result()
			if f, ok := r.(broken); ok {
				res.Failure = string(f)
			} else {
				res.Failure = fmt.Sprintf("seed %d (%s), step %d: panic: %v\n%s", seed, w.temper, w.steps, r, debug.Stack())
			}
		}
	}()
	w.play()
	w.heal()
	return w.result()
}

// broken is panicked with when an invariant does not hold.
type broken string

func (w *world) fail(format string, args ...any) {
	panic(broken(fmt.Sprintf("seed %d (%s), step %d, %s: ", w.seed, w.temper, w.steps, w.now.Sub(epoch)) + fmt.Sprintf(format, args...)))
}

func (w *world) say(format string, args ...any) {
	if w.tracing {
		fmt.Fprintf(&w.trace, "%9.3fs  "+format+"\n", append([]any{w.now.Sub(epoch).Seconds()}, args...)...)
	}
}

func (w *world) result() Result {
	return Result{Seed: w.seed, Temper: w.temper, Steps: w.steps, Healed: w.healed, Forks: w.forks, Blamed: w.blamed, Matrix: w.matrix, Trace: w.trace.String()}
}

// epoch is when every seed begins.
const epoch utc.Time = 1537209000000 // 2018-09-17T18:30:00Z

var lanes = [...]record.Lane{record.Urgent, record.Routine}

// signer makes the same key at each run from a name.
func signer(name string) party.Signer { return party.NewSigner(sha256.Sum256([]byte("sim " + name))) }

func cardFor(p party.ID, gen string) party.Card {
	k := func(what string) party.Key { return signer(string(p) + what + gen).Public() }
	return party.Card{Party: p, Name: "party " + string(p), Log: k("log"), Receipt: k("receipt"), Node: k("node"), Link: k("link"),
		Officers: []party.Officer{{ID: "chief", Name: "Chief", Roles: []party.Role{party.Chief, party.Duty}, Key: k("chief")}}}
}

func keysFor(p party.ID, gen string) line.Keys {
	return line.Keys{Log: signer(string(p) + "log" + gen), Receipt: signer(string(p) + "receipt" + gen), Node: signer(string(p) + "node" + gen)}
}

// founding is a line's first charter and its amendment, in which the first
// party has new keys; the same for every seed.
type founding struct {
	ids          []party.ID
	first, later []byte
	keys         [2]map[party.ID]line.Keys
	cards        map[party.ID][2]party.Card
}

// foundings: the first line with three and with four parties, the second line.
var foundings = sync.OnceValue(func() [3]*founding {
	return [3]*founding{found("IL", "RU", "SY"), found("IL", "RU", "TR", "SY"), found("SY", "UN")}
})

func found(ids ...party.ID) *founding {
	f := &founding{ids: ids, cards: map[party.ID][2]party.Card{}}
	var cards []party.Card
	var names []string
	for i := range f.keys {
		f.keys[i] = map[party.ID]line.Keys{}
	}
	for i, p := range ids {
		gen := ""
		if i == 0 {
			gen = "2"
		}
		f.keys[0][p], f.keys[1][p] = keysFor(p, ""), keysFor(p, gen)
		f.cards[p] = [2]party.Card{cardFor(p, ""), cardFor(p, gen)}
		cards = append(cards, cardFor(p, ""))
		names = append(names, string(p))
	}
	c, err := line.NewCharter(strings.Join(names, "-"), cards,
		line.CharterOptions{Exercise: true, Phrases: record.Hash{1}, Made: epoch - 3600_000, Nonce: record.Nonce{byte(len(ids))}})
	must(err)
	cr := signed(line.Proposal{Charter: c}, f, 0)
	f.first = raw(cr)
	next, err := line.Amend(cr, line.Changes{Cards: []party.Card{cardFor(ids[0], "2")}, Made: epoch, Nonce: record.Nonce{99}})
	must(err)
	f.later = raw(signed(line.Proposal{Charter: next, Chain: [][]byte{f.first}}, f, 1))
	return f
}

func signed(p line.Proposal, f *founding, gen int) record.CharterRecord {
	for _, id := range f.ids {
		var err error
		p, err = line.Sign(p, f.cards[id][gen], signer(string(id)+"chief"))
		must(err)
	}
	cr, _, err := line.Complete(p)
	must(err)
	return cr
}

func raw(cr record.CharterRecord) []byte {
	b, err := line.MarshalCharterRecord(cr)
	must(err)
	return b
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
