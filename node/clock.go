package node

import (
	"fmt"
	"sync"
	"time"

	"parley/utc"
)

// clock is the only clock of the core. It runs in one of three ways: with the
// machine ("system"), standing still until somebody sets it ("stepped"), or
// from a given instant at a given rate ("scaled"). The last two exist for
// exercises; Node refuses them while any line is not an exercise line.
type clock struct {
	mu    sync.Mutex
	mode  string
	start utc.Time  // scenario instant at set
	set   time.Time // machine instant of the setting
	rate  float64
}

const (
	clockSystem  = "system"
	clockStepped = "stepped"
	clockScaled  = "scaled"
)

func newClock() *clock { return &clock{mode: clockSystem, rate: 1} }

// Now gives the instant that records carry.
func (c *clock) Now() utc.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.mode {
	case clockStepped:
		return c.start
	case clockScaled:
		return c.start.Add(time.Duration(float64(time.Since(c.set)) * c.rate))
	}
	return utc.From(time.Now())
}

// step stops the clock at t. An exercise never runs backwards: the log would
// say that an answer came before its question.
func (c *clock) step(t utc.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !t.Valid() {
		return fmt.Errorf("couldn't set the clock: %d is not an instant between 1970 and 2199", int64(t))
	}
	if c.mode != clockSystem {
		if now := c.nowLocked(); t < now {
			return fmt.Errorf("couldn't set the clock to %s: it stands at %s and an exercise does not run backwards", t, now)
		}
	}
	c.mode, c.start, c.rate = clockStepped, t, 0
	return nil
}

// scale lets the clock run from t at rate scenario seconds a second.
func (c *clock) scale(t utc.Time, rate float64) error {
	if !t.Valid() || !(rate > 0 && rate <= 3600) {
		return fmt.Errorf("couldn't run the clock: want an instant and a rate above 0 and at most 3600, got %s and %g", t, rate)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mode != clockSystem {
		if now := c.nowLocked(); t < now {
			return fmt.Errorf("couldn't run the clock from %s: it stands at %s and an exercise does not run backwards", t, now)
		}
	}
	c.mode, c.start, c.set, c.rate = clockScaled, t, time.Now(), rate
	return nil
}

func (c *clock) nowLocked() utc.Time {
	if c.mode == clockScaled {
		return c.start.Add(time.Duration(float64(time.Since(c.set)) * c.rate))
	}
	return c.start
}

// face gives the mode and the rate.
func (c *clock) face() (mode string, rate float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mode, c.rate
}

// Now is the time at this seat: the system's, or the exercise's.
func (n *Node) Now() utc.Time { return n.clock.Now() }
