package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
)

// local lets in only requests of this machine that name it by a loopback name.
// A page elsewhere whose name was rebound to 127.0.0.1 still sends its own name.
func (s *Server) local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !fromLoopback(r.RemoteAddr):
			s.refuse(w, errRemote)
		case !loopbackHost(r.Host):
			s.refuse(w, errHost)
		case !ownPage(r):
			s.refuse(w, errOrigin)
		default:
			h := w.Header()
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), hostKey{}, r.Host)))
		}
	})
}

func fromLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// loopbackHost reports whether a Host header names this machine to itself.
func loopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// ownPage reports whether a request can have come from our own page or from no
// page at all. A browser sends Origin with everything that changes something; a
// cookie's request that changes something must have it (see authorised).
func ownPage(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		// A link followed from elsewhere may show the page; it carries no cookie.
		if r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Mode") != "navigate" || strings.HasPrefix(r.URL.Path, "/v1/") {
			return false
		}
	}
	origin := r.Header.Get("Origin")
	return origin == "" || sameOrigin(origin, r.Host)
}

func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && u.Host == host && u.Path == "" && u.User == nil
}

// strictBody reads the whole body before the operation sees it: at most MaxBody
// bytes, of the type that the operation takes, each field known and given once.
func (s *Server) strictBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		want := "application/json"
		if r.URL.Path == "/v1/lines" {
			want = "application/octet-stream"
		}
		if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != want {
			s.refuse(w, errMedia)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			s.refuse(w, errTooLarge)
			return
		case err != nil:
			s.refuse(w, wrong("", fmt.Errorf("couldn't read the body: %w", err), ""))
			return
		}
		if shape, ok := bodies[r.Method+" "+r.URL.Path]; ok {
			if err := readStrict(body, shape()); err != nil {
				s.refuse(w, err)
				return
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// bodies gives a fresh value of each operation's JSON body, to read it strictly.
var bodies = map[string]func() any{
	"POST /v1/tracks":             func() any { return new(ReportTracksJSONRequestBody) },
	"POST /v1/records":            func() any { return new(Draft) },
	"POST /v1/preview":            func() any { return new(Draft) },
	"POST /v1/alerts/acknowledge": func() any { return new(Acknowledge) },
	"POST /v1/relays":             func() any { return new(RelayDraft) },
	"POST /v1/openings":           func() any { return new(OpeningDraft) },
	"POST /v1/clock":              func() any { return new(Clock) },
	"POST /v1/lines/close":        func() any { return new(CloseDraft) },
	"POST /v1/session":            func() any { return new(LinkToken) },
	"POST /v1/sign-on":            func() any { return new(SignOn) },
	"POST /v1/sign-off":           func() any { return new(Empty) },
	"POST /v1/links":              func() any { return new(LinkDraft) },
}

// readStrict reads b into v and refuses unknown fields, fields given twice,
// anything after the value, and nesting deeper than maxDepth.
func readStrict(b []byte, v any) error {
	if err := once(b); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return jsonFault(err)
	}
	return nil
}

const maxDepth = 40

// once walks the tokens of b: it must be one JSON value, with no name twice in
// one object.
func once(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	type level struct {
		names map[string]bool // nil: an array
		key   bool            // the next token is a name
	}
	var at []level
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && len(at) == 0 {
			return missing("body")
		}
		if err != nil {
			return jsonFault(err)
		}
		top := len(at) - 1
		if name, ok := t.(string); ok && top >= 0 && at[top].key {
			if at[top].names[name] {
				return &fault{status: http.StatusBadRequest, field: cut(name), text: fmt.Sprintf("%q stands twice in one object", cut(name))}
			}
			at[top].names[name], at[top].key = true, false
			continue
		}
		switch t {
		case json.Delim('{'):
			at = append(at, level{names: map[string]bool{}, key: true})
		case json.Delim('['):
			at = append(at, level{})
		case json.Delim('}'), json.Delim(']'):
			at = at[:top]
		}
		if len(at) > maxDepth {
			return &fault{status: http.StatusBadRequest, text: fmt.Sprintf("the JSON is nested deeper than %d", maxDepth)}
		}
		if open := t == json.Delim('{') || t == json.Delim('['); !open {
			if len(at) == 0 {
				break
			}
			at[len(at)-1].key = at[len(at)-1].names != nil
		}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &fault{status: http.StatusBadRequest, text: "something stands after the JSON value", remedy: "send one value"}
	}
	return nil
}

// jsonFault names the field that a decoding error is about.
func jsonFault(err error) error {
	f := &fault{status: http.StatusBadRequest, text: err.Error(), wrapped: err}
	var typed *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typed):
		f.field = typed.Field
		f.text = fmt.Sprintf("%s is a %s, which does not fit", typed.Field, typed.Value)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		f.text = "the JSON ends too early"
	default:
		if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
			f.field = cut(strings.Trim(name, `"`))
			f.text = fmt.Sprintf("there is no field %q here", f.field)
			f.remedy = "see /v1/openapi.json for the fields of each call"
		}
	}
	return f
}

func cut(s string) string {
	if len(s) > 60 {
		return s[:60]
	}
	return s
}

// timed bounds how long an operation and its answer may take; the stream and
// the export set their own bounds.
func (s *Server) timed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/events" || r.URL.Path == "/v1/export" {
			next.ServeHTTP(w, r)
			return
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerWithin + 10*time.Second))
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// watched logs and counts, and turns a panic into an answer. It logs the path
// without its query, and never a header or a body: that is where secrets are.
func (s *Server) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		out := &counted{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				s.cfg.Log.Error("a request panicked", "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				if out.status == 0 {
					s.refuse(out, errPanic)
				}
			}
			took := time.Since(began)
			s.meters.request(r.Method, r.URL.Path, out.status, took)
			s.cfg.Log.Debug("request", "method", r.Method, "path", r.URL.Path, "status", out.status, "ms", took.Milliseconds())
		}()
		next.ServeHTTP(out, r)
	})
}

// counted remembers the status. Unwrap lets http.ResponseController through.
type counted struct {
	http.ResponseWriter
	status int
}

func (c *counted) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	return c.ResponseWriter.Write(b)
}

func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }
