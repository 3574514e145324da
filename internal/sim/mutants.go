package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Mutant is a mistake in the protocol, put in on purpose to see whether the
// simulator notices. The product's files are not touched: they are copied,
// changed, and laid over by `go build -overlay`. All mutants go into one binary
// and the environment (PARLEY_MUTANT) says which is alive, so one build does.
type Mutant struct {
	Name string
	File string // from the module's root
	Old  string // stands in File exactly once
	New  string // alive("name") stands for "this mutant is alive"
}

// Mutants are all there are. A New that is an inserted condition leaves the
// original path in place for the others.
var Mutants = []Mutant{
	{"fsync-skipped-on-our-batch", "logbook/log.go", "	if err := l.commit(g, entries, c.Marshal()); err != nil {\n		return record.Head{}, err\n	}",
		"	if alive(\"fsync-skipped-on-our-batch\") {\n		l.size, l.root, l.edge, l.note = g.size, g.root, g.edge, c.Marshal()\n		return l.Head(), nil\n	}\n	if err := l.commit(g, entries, c.Marshal()); err != nil {\n		return record.Head{}, err\n	}"},
	{"fsync-skipped-on-a-copy", "logbook/log.go", "	if err := l.commit(g, fresh, c.Marshal()); err != nil {\n		return 0, err\n	}",
		"	if alive(\"fsync-skipped-on-a-copy\") {\n		l.size, l.root, l.edge, l.note = g.size, g.root, g.edge, c.Marshal()\n		return len(fresh), nil\n	}\n	if err := l.commit(g, fresh, c.Marshal()); err != nil {\n		return 0, err\n	}"},
	{"a-failed-write-counts-as-done", "logbook/log.go", "		l.broken = &ReopenError{Log: l.id, Err: err}\n		return l.broken\n	}\n	l.size,",
		"		if !alive(\"a-failed-write-counts-as-done\") {\n			l.broken = &ReopenError{Log: l.id, Err: err}\n		return l.broken\n		}\n	}\n	l.size,"},
	{"a-failed-write-counts-as-not-done", "logbook/log.go", "		return l.broken\n		}\n	}\n	l.size,",
		"		if alive(\"a-failed-write-counts-as-not-done\") {\n			l.broken = nil\n			return err\n		}\n		return l.broken\n		}\n	}\n	l.size,"},
	{"gap-accepted", "logbook/log.go", "from > l.size || from+n < from || from+n != c.Size {", "!alive(\"gap-accepted\") && (from > l.size || from+n < from || from+n != c.Size) {"},
	{"root-not-compared-when-storing", "logbook/log.go", "	if record.Hash(g.root) != c.Root {", "	if record.Hash(g.root) != c.Root && !alive(\"root-not-compared-when-storing\") {"},
	{"root-not-compared-when-judging", "logbook/log.go", "	if root != c.Root {", "	if root != c.Root && !alive(\"root-not-compared-when-judging\") {"},
	{"signature-not-checked", "logbook/log.go", "		err = c.Verify(l.id, key)\n", "		if !alive(\"signature-not-checked\") {\n			err = c.Verify(l.id, key)\n		}\n"},
	{"old-checkpoint-accepted", "logbook/log.go", "	if c.Size <= l.size {\n		return 0, l.agrees(c)\n	}", "	if c.Size <= l.size && !alive(\"old-checkpoint-accepted\") {\n		return 0, l.agrees(c)\n	}"},
	{"duplicate-entries-appended", "logbook/log.go", "	fresh := entries[l.size-from:]", "	fresh := entries[l.size-from:]\n	if alive(\"duplicate-entries-appended\") {\n		fresh = entries\n	}"},
	{"receipts-not-verified", "logbook/receipting.go", "	if err := r.Verify(c, key); err != nil {", "	if err := r.Verify(c, key); err != nil && !alive(\"receipts-not-verified\") {"},
	{"receipt-not-stored", "logbook/receipting.go", "	if err := l.store.AddNote(size, note); err != nil {", "	if alive(\"receipt-not-stored\") {\n		return true, nil\n	}\n	if err := l.store.AddNote(size, note); err != nil {"},
	{"receipt-for-one-more", "line/receive.go", "Size: size, By: l.cfg.Self, Cosig: b.mine", "Size: size + more(alive(\"receipt-for-one-more\")), By: l.cfg.Self, Cosig: b.mine"},
	{"receipt-before-store", "line/receive.go", "	added, err := l.accept(b, m)\n", "	if alive(\"receipt-before-store\") && p == b.id.Party && m.From == b.log.Size() {\n		out.Send = append(out.Send, Send{To: p, Lane: b.id.Lane, Msg: Receipt{Log: m.Log, Size: m.From + uint64(len(m.Entries)), By: l.cfg.Self, Cosig: []byte{1}}})\n	}\n	added, err := l.accept(b, m)\n"},
	{"behind-ignored", "line/own.go", "	case b.ahead > b.log.Size():", "	case b.ahead > b.log.Size() && !alive(\"behind-ignored\"):"},
	{"fork-ignored", "line/receive.go", "	if fork.Proven && b.id.Party == l.cfg.Self {", "	if alive(\"fork-ignored\") {\n		return\n	}\n	if fork.Proven && b.id.Party == l.cfg.Self {"},
	{"amended-key-ignored", "line/book.go", "	rev, _ := b.revision()\n	return l.logKeys(b, rev)", "	rev, _ := b.revision()\n	if alive(\"amended-key-ignored\") {\n		rev = 0\n	}\n	return l.logKeys(b, rev)"},
	{"amendment-not-adopted", "line/book.go", "			if raw, rev, ok := l.readCharter(b, leaf); ok {", "			if raw, rev, ok := l.readCharter(b, leaf); ok && !(alive(\"amendment-not-adopted\") && rev > 0) {"},
	{"offers-never-repeated", "line/peer.go", "	s.sent, s.flying = s.has, 0\n	l.offer(b, p, out)", "	s.sent, s.flying = s.has, 0\n	if alive(\"offers-never-repeated\") {\n		return\n	}\n	l.offer(b, p, out)"},
	{"questions-never-repeated", "line/peer.go", "	if q.to == \"\" || l.now < q.due {", "	if q.to == \"\" || l.now < q.due || alive(\"questions-never-repeated\") {"},
	{"hello-never-repeated", "line/peer.go", "st.up && !st.greeted && l.now >= st.helloDue {", "st.up && !st.greeted && l.now >= st.helloDue && !alive(\"hello-never-repeated\") {"},
	{"torn-head-opened", "logbook/open.go", "	if err := l.checkSome(); err != nil {\n		return nil, err\n	}", "	if err := l.checkSome(); err != nil && !alive(\"torn-head-opened\") {\n		return nil, err\n	}"},
	{"entries-reported-twice", "line/receive.go", "Arrived{Log: b.id, From: before, Leaves: leaves})", "Arrived{Log: b.id, From: before - more(alive(\"entries-reported-twice\") && before > 0), Leaves: leaves})"},
	{"restored-node-does-not-wait", "line/line.go", "if p != l.cfg.Self && !(", "if p != l.cfg.Self && !alive(\"restored-node-does-not-wait\") && !("},
	{"catch-up-past-an-amendment", "line/step.go", "	if mk, ok := b.nextMark(from); ok && mk", "	if mk, ok := b.nextMark(from); ok && !alive(\"catch-up-past-an-amendment\") && mk"},
	{"catch-up-without-bounds", "line/step.go", "	n := uint64(l.batchLen(entries))\n", "	n := uint64(l.batchLen(entries))\n	if alive(\"catch-up-without-bounds\") {\n		n = uint64(len(entries))\n	}\n"},
}

// fast is what stands for signatures where PARLEY_SIM_FAST is set.
var fast = []Mutant{
	{"fast verify", "party/keys.go", "	return len(sig) == ed25519.SignatureSize && ed25519consensus", "	if fastSignatures {\n		h := sha512of(k[:], msg)\n		return string(h[:]) == string(sig)\n	}\n	return len(sig) == ed25519.SignatureSize && ed25519consensus"},
	{"fast validate", "party/keys.go", "func (k Key) Validate() error {", "func (k Key) validate() error {"},
	{"fast sign", "party/keys.go", "func (s *seedSigner) Sign(msg []byte) ([]byte, error) {", "func (s *seedSigner) Sign(msg []byte) ([]byte, error) {\n	if fastSignatures {\n		h := sha512of(s.public[:], msg)\n		return h[:], nil\n	}\n"},
}

const fastFile = `package party

import (
	"crypto/sha512"
	"os"
)

// valid remembers keys that were looked at: the same few in every seed.
var valid = map[Key]error{}

func (k Key) Validate() error {
	if !fastSignatures {
		return k.validate()
	}
	err, ok := valid[k]
	if !ok {
		err = k.validate()
		valid[k] = err
	}
	return err
}

var fastSignatures = os.Getenv("PARLEY_SIM_FAST") != ""

func sha512of(k, msg []byte) [64]byte { return sha512.Sum512(append(append([]byte{}, k...), msg...)) }
`

const aliveFile = `package PKG

import "os"

var mutant = os.Getenv("PARLEY_MUTANT")

func alive(name string) bool { return mutant == name }

func more(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

var _ = more
`

// Overlay writes the changed copies and the overlay file below dir, and gives
// the latter's path. root is the module's.
func Overlay(root, dir string) (string, error) {
	texts := map[string]string{}
	pkgs := map[string]bool{}
	replace := map[string]string{}
	put := func(file, text string) error {
		to := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		replace[filepath.Join(root, file)] = to
		return os.WriteFile(to, []byte(text), 0o600)
	}
	for _, m := range append(append([]Mutant{}, fast...), Mutants...) {
		if m.Old == "" {
			continue
		}
		if _, ok := texts[m.File]; !ok {
			b, err := os.ReadFile(filepath.Join(root, m.File))
			if err != nil {
				return "", err
			}
			texts[m.File] = string(b)
		}
		if n := strings.Count(texts[m.File], m.Old); n != 1 {
			return "", fmt.Errorf("mutant %s: its text stands in %s %d times, want once", m.Name, m.File, n)
		}
		texts[m.File] = strings.Replace(texts[m.File], m.Old, m.New, 1)
		pkgs[filepath.Dir(m.File)] = true
	}
	for file, text := range texts {
		if err := put(file, text); err != nil {
			return "", err
		}
	}
	for pkg := range pkgs {
		if pkg == "party" {
			continue
		}
		if err := put(pkg+"/mutant_alive.go", strings.Replace(aliveFile, "PKG", pkg, 1)); err != nil {
			return "", err
		}
	}
	if err := put("party/mutant_fast.go", fastFile); err != nil {
		return "", err
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, b, 0o600)
}
