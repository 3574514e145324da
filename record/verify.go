package record

import (
	"github.com/hdevalence/ed25519consensus"
	"parley/party"
)

// Verify says whether the leaf is signed by k: the key id in the header is k's,
// and the signature is valid by ZIP-215. The error is an *InvalidError.
func (p *Parsed) Verify(k party.Key) error {
	if err := p.checkKey(k); err != nil {
		return err
	}
	if !k.Verify(p.tbs, p.sig) {
		return p.badSignature()
	}
	return nil
}

func (p *Parsed) checkKey(k party.Key) error {
	if k.ID() != p.Key {
		return bad("protected.key", "is %s, and the key at hand is %s", p.Key, k.ID())
	}
	return nil
}

func (p *Parsed) badSignature() error {
	return bad("signature", "is not one by the key %s", p.Key)
}

func (p *Parsed) noKey() error {
	who := string(p.Party)
	if p.Officer != "" {
		who = p.Officer + " of " + who
	}
	return bad("protected.key", "is %s, which is no key of %s on this line at %s", p.Key, who, p.Composed)
}

// maxBatch is how many signatures are verified in one equation.
const maxBatch = 128

// VerifyAll verifies many leaves at once, which takes less time than one by one,
// and gives the same verdicts: by ZIP-215 a signature is valid alone exactly if
// it is valid in a batch. Where a batch does not hold it is halved until each
// false signature is found. The i-th error is that of ps[i], nil if it is good.
// A leaf for which key gives false is invalid.
func VerifyAll(ps []*Parsed, key func(*Parsed) (party.Key, bool)) []error {
	errs := make([]error, len(ps))
	var todo []signed
	for i, p := range ps {
		k, ok := key(p)
		if !ok {
			errs[i] = p.noKey()
			continue
		}
		if errs[i] = p.checkKey(k); errs[i] == nil {
			todo = append(todo, signed{p, k, &errs[i]})
		}
	}
	for len(todo) > 0 {
		n := min(maxBatch, len(todo))
		verifyBatch(todo[:n])
		todo = todo[n:]
	}
	return errs
}

// signed is a leaf, the key it should be signed by, and where the verdict goes.
type signed struct {
	p   *Parsed
	key party.Key
	err *error
}

func verifyBatch(batch []signed) {
	if len(batch) <= 4 { // an equation of few is no faster
		for _, s := range batch {
			*s.err = s.p.Verify(s.key)
		}
		return
	}
	v := ed25519consensus.NewPreallocatedBatchVerifier(len(batch))
	for _, s := range batch {
		v.Add(s.key[:], s.p.tbs, s.p.sig)
	}
	if v.Verify() {
		return
	}
	verifyBatch(batch[:len(batch)/2])
	verifyBatch(batch[len(batch)/2:])
}

// Open parses a leaf and verifies its signature by the key that key gives for
// it; a leaf for which it gives none is invalid.
func Open(leaf []byte, key func(*Record) (party.Key, bool)) (*Record, error) {
	p, err := Parse(leaf)
	if err != nil {
		return nil, err
	}
	k, ok := key(&p.Record)
	if !ok {
		return nil, p.noKey()
	}
	if err := p.Verify(k); err != nil {
		return nil, err
	}
	return &p.Record, nil
}
