// Package api is the face of one node towards its own people: the HTTP
// interface that the console and the command line use. openapi.yaml was written
// first and is the definition; server.gen.go is made from it.
//
// It is an edge: it turns requests into calls on a Seat and answers with what
// the Seat says. It decides nothing about records, keeps nothing on disk and
// has no clock that matters: every time that it shows comes from the node.
//
// Who may speak. The listener is on loopback and stays there. A program shows
// the bearer token of the data folder. A browser comes with a one-time link,
// which it exchanges for a session cookie; the token stands in the link's
// fragment, so that no log, referrer or history of requests holds it. Either way
// an officer has to sign on with a passphrase before anything is said in their
// name, and speaks only from the session in which they signed on. Because any
// page in the same browser can send requests to loopback, every request's Host
// must be a loopback name (DNS rebinding), a browser's requests must come from
// our own page (Origin, Sec-Fetch-Site), and bodies must be JSON.
//
// What is refused is refused with {"error", "field", "remedy"}; errors.go holds
// the one table from errors to statuses. Bodies, headers, sessions, links and
// streams are bounded, and a passphrase can be tried only so often.
//
// After a restart all sessions, links and sign-ons are gone; nothing else is.
package api

//go:generate go tool -modfile=../../tools/gen/go.mod oapi-codegen -config oapi.yaml openapi.yaml
//go:generate go run -C ../../tools/gen . ../../internal/api/openapi.yaml ../../internal/api/openapi.gen.json

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"parley/check"
	"parley/node"
	"parley/party"
	"parley/picture"
	"parley/record"
	"parley/utc"
)

// Spec is openapi.yaml as JSON, served at /v1/openapi.json.
//
//go:embed openapi.gen.json
var Spec []byte

// Seat is what this package needs of a node; *node.Node is one.
type Seat interface {
	SignOn(officer string, s party.Signer) error
	SignOff(officer string)
	Say(ctx context.Context, d node.Draft) (node.Sent, error)
	Preview(ctx context.Context, d node.Draft) ([]check.Conflict, error)
	Acknowledge(ctx context.Context, officer string, alert picture.ID, text string) ([]node.Sent, error)
	Relay(ctx context.Context, d node.RelayDraft) (node.Sent, error)
	OpenOrigin(ctx context.Context, officer string, relay picture.ID) (node.Sent, error)
	Picture(ctx context.Context, knownAt, instant utc.Time) (*picture.Picture, error)
	Record(ctx context.Context, id picture.ID) (node.RecordView, error)
	Tracks(ctx context.Context) ([]node.TrackView, error)
	Report(ctx context.Context, rs []node.TrackReport) (taken int, err error)
	Status(ctx context.Context) (node.Status, error)
	SetClock(ctx context.Context, to utc.Time) error
	SetRate(ctx context.Context, start utc.Time, rate float64) error
	Subscribe(ctx context.Context) <-chan node.Event // nil: too many subscribers
	Adopt(ctx context.Context, cr record.CharterRecord) error
	CloseLine(ctx context.Context, officer, line, text string, duties []string) (node.Sent, error)
}

// Config is what a Server is made of.
type Config struct {
	Seat    Seat
	Token   string                                                    // the bearer token, at least 16 bytes
	Unlock  func(officer, passphrase string) (party.Signer, error)    // opens an officer's key; may take a second
	Party   party.ID                                                  // whose node this is
	Export  func(ctx context.Context, line string, w io.Writer) error // writes a line's bundle
	Charter func(b []byte) (record.CharterRecord, error)              // reads a CharterRecord's CBOR, strictly
	Phrases func() Phrasebook
	Places  func(q string) ([]Place, error) // by name, or coordinates in any notation
	Console http.Handler                    // answers what is not under /v1/; nil: 404
	Errors  []Rule                          // the wirer's own rows of the error table, asked first
	Log     *slog.Logger                    // nil: nowhere
	Now     func() time.Time                // for the life of links, sessions and refusals; nil: time.Now
}

// Limits of a Server.
const (
	MaxBody      = 1 << 20          // bytes of any request body
	MaxStreams   = 32               // event streams at a time
	MaxSessions  = 64               // sessions at a time; the oldest makes room
	MaxLinks     = 64               // one-time links not used yet; the oldest makes room
	LinkLife     = 15 * time.Minute // of a one-time link
	SessionIdle  = 12 * time.Hour   // without a request
	SessionLife  = 24 * time.Hour   // in any case
	answerWithin = 60 * time.Second // everything but the stream and the export
)

// Server answers requests. Its methods may be called from any goroutine.
type Server struct {
	cfg     Config
	auth    *gate
	hub     *hub
	meters  *meters
	handler http.Handler
}

// New makes a Server. It follows the seat's events until ctx ends; streams end
// then too.
func New(ctx context.Context, cfg Config) (*Server, error) {
	switch {
	case cfg.Seat == nil:
		return nil, errors.New("couldn't make the API: no seat")
	case len(cfg.Token) < 16:
		return nil, errors.New("couldn't make the API: the bearer token is shorter than 16 bytes")
	case cfg.Unlock == nil:
		return nil, errors.New("couldn't make the API: nothing to unlock officers' keys with")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	h, err := newHub()
	if err != nil {
		return nil, err
	}
	g, err := newGate(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, auth: g, hub: h}
	s.meters = newMeters(cfg.Seat, s.hub)
	events := cfg.Seat.Subscribe(ctx)
	if events == nil {
		return nil, errors.New("couldn't make the API: the node takes no more subscribers")
	}
	go s.hub.follow(ctx, events)
	s.handler = s.chain()
	return s, nil
}

// Handler is the whole of it, with every guard.
func (s *Server) Handler() http.Handler { return s.handler }

// NewLink makes a one-time link's token for the console, for an address such as
// http://127.0.0.1:8440/open#TOKEN. Officer may be empty; otherwise that officer
// must be signed on with the bearer token, and is in the session that opens.
func (s *Server) NewLink(officer string) (string, error) { return s.auth.newLink(officer) }

// SignedOn tells the server that the program has itself signed this officer on
// at the seat, as after SignOn with the bearer token.
func (s *Server) SignedOn(officer string) { s.auth.hold(bearerName, officer) }

// Serve answers on ln until ctx ends, then lets open requests finish for up to
// five seconds. A listener that is not on loopback is refused.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	if a, ok := ln.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return fmt.Errorf("couldn't serve on %s: the API listens on loopback only, such as 127.0.0.1:8440", ln.Addr())
	}
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return fmt.Errorf("couldn't serve the API: %w", err)
	case <-ctx.Done():
	}
	s.hub.close()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(late); err != nil {
		_ = srv.Close()
	}
	return nil
}

// chain puts the guards before the operations, outermost first.
func (s *Server) chain() http.Handler {
	strict := NewStrictHandlerWithOptions(operations{s}, nil, StrictHTTPServerOptions{
		RequestErrorHandlerFunc:  func(w http.ResponseWriter, _ *http.Request, err error) { s.refuse(w, badRequest(err)) },
		ResponseErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) { s.refuse(w, err) },
	})
	mux := http.NewServeMux()
	HandlerWithOptions(strict, StdHTTPServerOptions{
		BaseRouter:       mux,
		ErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) { s.refuse(w, badRequest(err)) },
	})
	mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(Spec)
	})
	mux.Handle("GET /metrics", s.meters.handler())
	inner := s.authorised(s.strictBody(s.timed(mux)))

	outer := http.NewServeMux()
	outer.Handle("/v1/", inner)
	outer.Handle("/metrics", inner)
	if s.cfg.Console != nil {
		outer.Handle("/", s.cfg.Console)
	} else {
		outer.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.refuse(w, notFound(r.URL.Path)) })
	}
	return s.watched(s.local(outer))
}
