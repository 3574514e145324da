package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"parley/node"
)

// Rule is one row of the error table: an error that Is (errors.Is) gets Status
// and, if it names no remedy itself, Remedy.
type Rule struct {
	Is     error
	Status int
	Remedy string
}

// fault is an error that knows its row. The table is the constructors below,
// Config.Errors and rowFor: nothing else chooses a status.
type fault struct {
	status  int
	text    string
	field   string
	remedy  string
	after   int // seconds, for 429 and 503
	wrapped error
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.wrapped }

var (
	errNoCaller = &fault{status: http.StatusUnauthorized, text: "this request carries neither a session nor the node's token",
		remedy: "open the one-time link that parley serve printed, or make one with parley console"}
	errNoOfficer = &fault{status: http.StatusForbidden, text: "nobody has signed on here, and only an officer can say this",
		remedy: "sign on with your passphrase"}
	errBearerOnly = &fault{status: http.StatusForbidden, text: "this needs the node's token, not a console session",
		remedy: "use the command line on the node's machine"}
	errLink = &fault{status: http.StatusForbidden, field: "link", text: "this link has been used, has run out, or was never made here",
		remedy: "make a new one: parley console prints one"}
	errUnlock = &fault{status: http.StatusForbidden, field: "passphrase", text: "couldn't unlock this officer's key",
		remedy: "check the officer's name and the passphrase"}
	errHost = &fault{status: http.StatusMisdirectedRequest, field: "Host", text: "this node answers on loopback names only",
		remedy: "use 127.0.0.1, [::1] or localhost in the address"}
	errRemote = &fault{status: http.StatusForbidden, text: "this node answers its own machine only",
		remedy: "work on the node's machine, or through a tunnel to it"}
	errOrigin = &fault{status: http.StatusForbidden, field: "Origin", text: "this request does not come from the node's own page",
		remedy: "open the console by its own address"}
	errMedia = &fault{status: http.StatusUnsupportedMediaType, field: "Content-Type", text: "the body is of another type than this call takes",
		remedy: "send application/json (a charter: application/octet-stream)"}
	errTooLarge = &fault{status: http.StatusRequestEntityTooLarge, text: "the body is larger than 1 MiB",
		remedy: "send it in parts"}
	errStreams = &fault{status: http.StatusServiceUnavailable, text: "too many event streams are open", after: 10,
		remedy: "close a console that nobody uses"}
	errPanic = &fault{status: http.StatusInternalServerError, text: "the node could not answer this; it goes on",
		remedy: "see the node's log; nothing was said on any line unless a record shows it"}
)

func notFound(what string) error {
	return &fault{status: http.StatusNotFound, text: fmt.Sprintf("there is no %.100q here", what)}
}

func wrong(field string, err error, remedy string) error {
	return &fault{status: http.StatusBadRequest, field: field, text: err.Error(), remedy: remedy, wrapped: err}
}

func missing(field string) error {
	return &fault{status: http.StatusBadRequest, field: field, text: field + " is missing"}
}

func tooOften(seconds int) error {
	return &fault{status: http.StatusTooManyRequests, field: "passphrase", after: seconds,
		text:   "too many wrong passphrases for this officer",
		remedy: fmt.Sprintf("wait %d s", seconds)}
}

// refused is the seat's own no: the request was well made, and what it asks
// cannot be done as things stand.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return &fault{status: http.StatusUnprocessableEntity, text: err.Error(), wrapped: err}
}

// badRequest is for what the generated code could not read.
func badRequest(err error) error {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	field := ""
	var p *InvalidParamFormatError
	var q *RequiredParamError
	switch {
	case errors.As(err, &p):
		field = p.ParamName
	case errors.As(err, &q):
		field = q.ParamName
	}
	return &fault{status: http.StatusBadRequest, field: field, text: err.Error(), wrapped: err}
}

// rowFor finds the row of err: what the wirer added, then the error's own, then
// those of the standard library.
func (s *Server) rowFor(err error) fault {
	var f *fault
	row := fault{status: http.StatusInternalServerError, text: err.Error()}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		row.status, row.remedy = http.StatusGatewayTimeout, "look whether it was done before trying again"
	case errors.Is(err, context.Canceled):
		row.status = http.StatusServiceUnavailable
	case errors.As(err, &f):
		row = *f
		if f != err { //nolint:errorlint // the outer text says more
			row.text = err.Error()
		}
	}
	for _, r := range s.cfg.Errors {
		if errors.Is(err, r.Is) {
			row.status = r.Status
			if row.remedy == "" {
				row.remedy = r.Remedy
			}
			break
		}
	}
	var no *node.RefusedError
	if row.field == "" && errors.As(err, &no) {
		row.field = no.Field
	}
	return row
}

// refuse answers with the row of err.
func (s *Server) refuse(w http.ResponseWriter, err error) {
	row := s.rowFor(err)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	if row.after > 0 {
		h.Set("Retry-After", strconv.Itoa(row.after))
	}
	if row.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="parley"`)
	}
	w.WriteHeader(row.status)
	p := Problem{Error: row.text}
	if row.field != "" {
		p.Field = &row.field
	}
	if row.remedy != "" {
		p.Remedy = &row.remedy
	}
	_ = json.NewEncoder(w).Encode(p)
}
