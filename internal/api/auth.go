package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"parley/party"
)

// secret is the SHA-256 of a token: what is kept of links and sessions, so that
// a copy of the memory's maps opens nothing and lookups tell no timing.
type secret [sha256.Size]byte

// bearerName stands for the bearer token among those who hold an officer.
var bearerName = secret{}

// caller is who is asking.
type caller struct {
	bearer  bool
	key     secret // the session; bearerName for the bearer token
	officer string // signed on here; empty: nobody
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

type session struct {
	made, used time.Time
	officer    string
}

type link struct {
	made    time.Time
	officer string
}

type tries struct {
	wrong int
	until time.Time
}

// gate knows who is who: the token, the links, the sessions, and which officer
// has signed on where. All of it is in memory and owned by mu.
type gate struct {
	seat   Seat
	unlock func(officer, passphrase string) (party.Signer, error)
	now    func() time.Time
	token  secret
	cookie string

	unlocking chan struct{} // one passphrase at a time: each costs a second and much memory

	mu       sync.Mutex
	links    map[secret]link
	sessions map[secret]session
	held     map[string]map[secret]bool // officer → where they are signed on
	tried    map[string]tries
}

func newGate(cfg Config) (*gate, error) {
	// Cookies do not know ports. With a name of our own, three nodes on one
	// machine do not sign each other out.
	var id [6]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, fmt.Errorf("couldn't name the session cookie: %w", err)
	}
	return &gate{
		seat: cfg.Seat, unlock: cfg.Unlock, now: cfg.Now,
		token:     sha256.Sum256([]byte(cfg.Token)),
		cookie:    "parley-" + hex.EncodeToString(id[:]),
		unlocking: make(chan struct{}, 1),
		links:     map[secret]link{}, sessions: map[secret]session{},
		held: map[string]map[secret]bool{}, tried: map[string]tries{},
	}, nil
}

func newToken() (string, error) {
	var b [24]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("couldn't make a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// authorised finds out who is asking and lets nobody else in. Opening a session
// is the one thing that needs no caller.
func (s *Server) authorised(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/v1/session" {
			if r.Header.Get("Origin") == "" {
				s.refuse(w, errOrigin)
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		c, err := s.auth.caller(r)
		if err != nil {
			s.refuse(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

func (g *gate) caller(r *http.Request) (caller, error) {
	if a := r.Header.Get("Authorization"); a != "" {
		t, ok := strings.CutPrefix(a, "Bearer ")
		got := sha256.Sum256([]byte(t))
		if !ok || subtle.ConstantTimeCompare(got[:], g.token[:]) != 1 {
			return caller{}, errNoCaller
		}
		c := caller{bearer: true, key: bearerName}
		if o := r.Header.Get("Parley-Officer"); o != "" {
			if !g.holds(bearerName, o) {
				return caller{}, &fault{status: http.StatusForbidden, field: "Parley-Officer",
					text: fmt.Sprintf("%.64q has not signed on with the node's token", o), remedy: "sign on first"}
			}
			c.officer = o
		}
		return c, nil
	}
	k, err := r.Cookie(g.cookie)
	if err != nil {
		return caller{}, errNoCaller
	}
	key := secret(sha256.Sum256([]byte(k.Value)))
	officer, ok := g.use(key)
	if !ok {
		return caller{}, errNoCaller
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Header.Get("Origin") == "" {
		return caller{}, errOrigin
	}
	return caller{key: key, officer: officer}, nil
}

// use finds a session and notes that it was used.
func (g *gate) use(key secret) (officer string, ok bool) {
	g.mu.Lock()
	now := g.now()
	gone := g.sweep(now)
	s, ok := g.sessions[key]
	if ok {
		s.used = now
		g.sessions[key] = s
	}
	g.mu.Unlock()
	g.signOff(gone)
	return s.officer, ok
}

// sweep drops what has run out and gives the officers who are then signed on
// nowhere. The caller holds mu, and signs them off after letting go of it.
func (g *gate) sweep(now time.Time) (gone []string) {
	for k, l := range g.links {
		if now.Sub(l.made) > LinkLife {
			delete(g.links, k)
		}
	}
	for k, s := range g.sessions {
		if now.Sub(s.used) > SessionIdle || now.Sub(s.made) > SessionLife {
			gone = append(gone, g.drop(k)...)
		}
	}
	return gone
}

// drop ends a session; mu is held.
func (g *gate) drop(k secret) (gone []string) {
	s := g.sessions[k]
	delete(g.sessions, k)
	return g.release(k, s.officer)
}

// release takes officer off k; mu is held.
func (g *gate) release(k secret, officer string) (gone []string) {
	if officer == "" || !g.held[officer][k] {
		return nil
	}
	delete(g.held[officer], k)
	if len(g.held[officer]) == 0 {
		delete(g.held, officer)
		return []string{officer}
	}
	return nil
}

func (g *gate) signOff(officers []string) {
	for _, o := range officers {
		g.seat.SignOff(o)
	}
}

func (g *gate) holds(k secret, officer string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.held[officer][k]
}

// hold notes that officer is signed on at k.
func (g *gate) hold(k secret, officer string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holdLocked(k, officer)
}

func (g *gate) holdLocked(k secret, officer string) {
	if g.held[officer] == nil {
		g.held[officer] = map[secret]bool{}
	}
	g.held[officer][k] = true
}

func (g *gate) newLink(officer string) (string, error) {
	if officer != "" && !g.holds(bearerName, officer) {
		return "", &fault{status: http.StatusForbidden, field: "officer",
			text: fmt.Sprintf("%.64q has not signed on with the node's token", officer), remedy: "sign on first"}
	}
	t, err := newToken()
	if err != nil {
		return "", err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if len(g.links) >= MaxLinks {
		delete(g.links, oldest(g.links, func(l link) time.Time { return l.made }))
	}
	g.links[sha256.Sum256([]byte(t))] = link{now, officer}
	return t, nil
}

// open exchanges a link for a session's token.
func (g *gate) open(token string) (value, officer string, err error) {
	value, err = newToken()
	if err != nil {
		return "", "", err
	}
	g.mu.Lock()
	now := g.now()
	gone := g.sweep(now)
	k := secret(sha256.Sum256([]byte(token)))
	l, ok := g.links[k]
	delete(g.links, k)
	if ok {
		if len(g.sessions) >= MaxSessions {
			gone = append(gone, g.drop(oldest(g.sessions, func(s session) time.Time { return s.used }))...)
		}
		key := secret(sha256.Sum256([]byte(value)))
		if l.officer != "" && g.held[l.officer][bearerName] {
			officer = l.officer
			g.holdLocked(key, officer)
		}
		g.sessions[key] = session{made: now, used: now, officer: officer}
	}
	g.mu.Unlock()
	g.signOff(gone)
	if !ok {
		return "", "", errLink
	}
	return value, officer, nil
}

func oldest[V any](m map[secret]V, at func(V) time.Time) (key secret) {
	first := true
	var best time.Time
	for k, v := range m {
		if first || at(v).Before(best) {
			key, best, first = k, at(v), false
		}
	}
	return key
}

// signOn unlocks an officer's key for the caller. After three wrong passphrases
// in a row each further try has to wait, two seconds and then twice as long each
// time, five minutes at most. Officers who do not exist count the same.
func (g *gate) signOn(ctx context.Context, c caller, officer, passphrase string) error {
	select {
	case g.unlocking <- struct{}{}:
		defer func() { <-g.unlocking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	g.mu.Lock()
	t, now := g.tried[officer], g.now()
	g.mu.Unlock()
	if wait := t.until.Sub(now); wait > 0 {
		return tooOften(int(math.Ceil(wait.Seconds())))
	}
	signer, err := g.unlock(officer, passphrase)
	if err != nil {
		g.wrong(officer)
		return errUnlock
	}
	if err := g.seat.SignOn(officer, signer); err != nil {
		return refused(err)
	}
	g.mu.Lock()
	delete(g.tried, officer)
	var gone []string
	if c.bearer {
		g.holdLocked(bearerName, officer)
	} else if s, ok := g.sessions[c.key]; ok {
		if s.officer != officer {
			gone = g.release(c.key, s.officer)
		}
		s.officer = officer
		g.sessions[c.key] = s
		g.holdLocked(c.key, officer)
	} else {
		// The session ended meanwhile; nobody may speak for this officer here.
		if len(g.held[officer]) == 0 {
			gone = []string{officer}
		}
		err = errNoCaller
	}
	g.mu.Unlock()
	g.signOff(gone)
	return err
}

func (g *gate) wrong(officer string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	for o, t := range g.tried {
		if len(g.tried) >= 256 && now.Sub(t.until) > time.Hour {
			delete(g.tried, o)
		}
	}
	t, known := g.tried[officer]
	if !known && len(g.tried) >= 4096 {
		// Make room where the least has been tried. Made-up names must not
		// wipe out the wait of a real one.
		least, name := math.MaxInt, ""
		for o, x := range g.tried {
			if x.wrong < least {
				least, name = x.wrong, o
			}
		}
		delete(g.tried, name)
	}
	t.wrong++
	t.until = now
	if t.wrong >= 3 {
		t.until = now.Add(min(5*time.Minute, time.Second<<min(t.wrong-2, 9)))
	}
	g.tried[officer] = t
}

// leave signs the caller's officer off here, and at the seat when they are
// signed on nowhere else.
func (g *gate) leave(c caller) {
	g.mu.Lock()
	gone := g.release(c.key, c.officer)
	if s, ok := g.sessions[c.key]; ok {
		s.officer = ""
		g.sessions[c.key] = s
	}
	g.mu.Unlock()
	g.signOff(gone)
}
