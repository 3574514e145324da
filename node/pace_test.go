package node

import (
	"errors"
	"sync"
	"testing"

	"parley/party"
	"parley/record"
)

// crooked signs as its owner until it is told to sign nonsense.
type crooked struct {
	party.Signer
	bent bool
}

func (c *crooked) Sign(msg []byte) ([]byte, error) {
	sig, err := c.Signer.Sign(msg)
	if c.bent && err == nil {
		sig[3] ^= 1
	}
	return sig, err
}

func TestABrokenSignerPutsNothingIntoTheLogAndHoldsNobodyUp(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:39:00Z", "IL", "RU")
	w.line("IL-RU", "IL", "RU")
	w.start()
	il := w.seats["IL"]
	bad := &crooked{Signer: il.chief}
	if err := il.SignOn("chief", bad); err != nil {
		t.Fatal(err)
	}
	bad.bent = true
	words := func(officer string) error {
		_, err := il.Say(t.Context(), Draft{Line: "IL-RU", Officer: officer, Body: record.Say{Text: "nothing of ours is in the air", Lang: "en"}})
		return err
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var good, turned int
	for i := range 40 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			officer := "duty"
			if i%4 == 0 {
				officer = "chief"
			}
			err := words(officer)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case officer == "duty" && err == nil:
				good++
			case officer == "chief" && err != nil:
				turned++
			default:
				t.Errorf("%s: %v", officer, err)
			}
		}()
	}
	wg.Wait()
	if good != 30 || turned != 10 {
		t.Errorf("%d were said and %d turned away, want 30 and 10", good, turned)
	}
	w.settled()
	for _, s := range w.seats {
		for _, c := range s.pic().Lines {
			for _, it := range c.Items {
				if it.Problem != "" {
					t.Errorf("%s holds %s: %s", s.card.Party, it.ID, it.Problem)
				}
			}
		}
	}
	h, err := il.Export(t.Context(), "IL-RU")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range h.Logs {
		if l.ID.Party == "IL" && l.ID.Lane == record.Routine && len(l.Entries) < 31 { // and the charter; and received records
			t.Errorf("IL's routine log holds %d entries", len(l.Entries))
		}
	}
}

func TestASignerThatFailsIsToldToItsOfficerAlone(t *testing.T) {
	w := newWorld(t, "2018-09-17T18:39:00Z", "IL")
	w.start()
	il := w.seats["IL"]
	if err := il.SignOn("chief", failing{il.chief}); err != nil {
		t.Fatal(err)
	}
	if _, err := il.Say(t.Context(), Draft{Line: "home", Officer: "chief", Body: record.Say{Text: "x", Lang: "en"}}); err == nil {
		t.Error("said by a signer that fails")
	}
	il.say(Draft{Line: "home", Body: record.Say{Text: "x", Lang: "en"}})
}

type failing struct{ party.Signer }

func (failing) Sign([]byte) ([]byte, error) { return nil, errors.New("the card was taken out") }
