package api

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"parley/party"
)

// Somebody at an open console guesses at orlov's passphrase, and between the
// guesses at those of thousands of officers who do not exist, to have the waits
// forgotten. Orlov's wait stays.
func TestMadeUpNamesDoNotWipeOutTheWaitOfARealOfficer(t *testing.T) {
	now := time.Unix(1537209540, 0)
	g, err := newGate(Config{Token: "0123456789abcdef", Now: func() time.Time { return now },
		Unlock: func(string, string) (party.Signer, error) { return nil, errors.New("no") }})
	if err != nil {
		t.Fatal(err)
	}
	c := caller{bearer: true, key: bearerName}
	for range 12 {
		_ = g.signOn(context.Background(), c, "orlov", "guess")
		now = now.Add(5 * time.Minute)
	}
	_ = g.signOn(context.Background(), c, "orlov", "guess")
	for i := range 5000 {
		_ = g.signOn(context.Background(), c, fmt.Sprintf("nobody%d", i), "guess")
	}
	if err := g.signOn(context.Background(), c, "orlov", "guess"); err == nil || errors.Is(err, errUnlock) {
		t.Errorf("orlov's passphrase may be tried again at once: %v", err)
	}
	if len(g.tried) > 4096 {
		t.Errorf("%d names are remembered", len(g.tried))
	}
}
