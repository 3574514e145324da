package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"parley/node"
	"parley/picture"
	"parley/record"
	"parley/utc"
)

// operations answers the generated interface. Each method reads what was asked,
// calls the seat once, and hands on what it says.
type operations struct{ s *Server }

var _ StrictServerInterface = operations{}

func (o operations) GetStatus(ctx context.Context, _ GetStatusRequestObject) (GetStatusResponseObject, error) {
	st, err := o.s.cfg.Seat.Status(ctx)
	if err != nil {
		return nil, err
	}
	return GetStatus200JSONResponse(st), nil
}

func (o operations) GetPicture(ctx context.Context, r GetPictureRequestObject) (GetPictureResponseObject, error) {
	knownAt, err := instant("known_at", r.Params.KnownAt)
	if err != nil {
		return nil, err
	}
	at, err := instant("instant", r.Params.Instant)
	if err != nil {
		return nil, err
	}
	p, err := o.s.cfg.Seat.Picture(ctx, knownAt, at)
	if err != nil {
		return nil, err
	}
	return pictureAnswer{p}, nil
}

// pictureAnswer writes a picture into memory first, so that a body that cannot
// be written is an error and not half an answer.
type pictureAnswer struct{ p *picture.Picture }

func (a pictureAnswer) VisitGetPictureResponse(w http.ResponseWriter) error {
	b, err := json.Marshal(a.p)
	if err != nil {
		return fmt.Errorf("couldn't write the picture: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b) // a client that went away cannot be told
	return nil
}

func instant(field string, s *string) (utc.Time, error) {
	if s == nil || *s == "" {
		return 0, nil
	}
	t, err := utc.Parse(*s)
	if err != nil {
		return 0, wrong(field, err, "write it in UTC, such as 2018-09-17T18:39:00Z")
	}
	return t, nil
}

func (o operations) GetTracks(ctx context.Context, _ GetTracksRequestObject) (GetTracksResponseObject, error) {
	ts, err := o.s.cfg.Seat.Tracks(ctx)
	if err != nil {
		return nil, err
	}
	if ts == nil {
		ts = []node.TrackView{}
	}
	return GetTracks200JSONResponse(ts), nil
}

func (o operations) ReportTracks(ctx context.Context, r ReportTracksRequestObject) (ReportTracksResponseObject, error) {
	if !callerOf(ctx).bearer {
		return nil, errBearerOnly
	}
	if len(*r.Body) > 5000 {
		return nil, wrong("", fmt.Errorf("%d reports, at most 5000 at a time", len(*r.Body)), "send them in parts")
	}
	taken, err := o.s.cfg.Seat.Report(ctx, *r.Body)
	if err != nil && taken == 0 {
		return nil, refused(err)
	}
	answer := ReportTracks200JSONResponse{Taken: taken}
	if err != nil {
		problem := err.Error()
		answer.Problem = &problem
	}
	return answer, nil
}

func (o operations) GetRecord(ctx context.Context, r GetRecordRequestObject) (GetRecordResponseObject, error) {
	id := picture.ID(r.Params.Id)
	if err := named("id", id); err != nil {
		return nil, err
	}
	v, err := o.s.cfg.Seat.Record(ctx, id)
	if err != nil {
		return nil, &fault{status: http.StatusNotFound, field: "id", text: err.Error(), wrapped: err}
	}
	return GetRecord200JSONResponse(v), nil
}

// named checks the name of a record from outside.
func named(field string, id picture.ID) error {
	if id == "" {
		return missing(field)
	}
	if len(id) > 128 {
		return wrong(field, errors.New("the record's name is longer than 128 bytes"), "")
	}
	return nil
}

// draft reads what an officer wants said.
func draft(d *Draft, officer string) (node.Draft, error) {
	if d.Line == "" {
		return node.Draft{}, missing("line")
	}
	if d.Kind == "" {
		return node.Draft{}, missing("kind")
	}
	if len(d.Body) == 0 {
		return node.Draft{}, missing("body")
	}
	body, err := record.BodyFromJSON(d.Kind, d.Body)
	if err != nil {
		return node.Draft{}, bodyFault(err)
	}
	out := node.Draft{Line: d.Line, Officer: officer, Body: body}
	if d.Precedence != nil {
		out.Precedence = *d.Precedence
	}
	if d.Lane != nil {
		out.Lane = *d.Lane
	}
	if d.Re != nil {
		out.Re = *d.Re
	}
	return out, nil
}

// bodyFault is what is wrong with the body of a record; record's errors begin
// with the field's name.
func bodyFault(err error) error {
	f := &fault{status: http.StatusBadRequest, field: "body", text: err.Error(), wrapped: err}
	if field, _, ok := strings.Cut(err.Error(), ": "); ok && strings.HasPrefix(field, "body") && !strings.Contains(field, " ") {
		f.field = cut(field)
	}
	return f
}

func (o operations) SayRecord(ctx context.Context, r SayRecordRequestObject) (SayRecordResponseObject, error) {
	c := callerOf(ctx)
	if c.officer == "" {
		return nil, errNoOfficer
	}
	d, err := draft(r.Body, c.officer)
	if err != nil {
		return nil, err
	}
	sent, err := o.s.cfg.Seat.Say(ctx, d)
	if err != nil {
		return nil, refused(err)
	}
	return SayRecord200JSONResponse(sent), nil
}

func (o operations) PreviewRecord(ctx context.Context, r PreviewRecordRequestObject) (PreviewRecordResponseObject, error) {
	d, err := draft(r.Body, callerOf(ctx).officer)
	if err != nil {
		return nil, err
	}
	cs, err := o.s.cfg.Seat.Preview(ctx, d)
	if err != nil {
		return nil, refused(err)
	}
	if cs == nil {
		cs = []Conflict{}
	}
	return PreviewRecord200JSONResponse{Conflicts: cs}, nil
}

func (o operations) AcknowledgeAlert(ctx context.Context, r AcknowledgeAlertRequestObject) (AcknowledgeAlertResponseObject, error) {
	c := callerOf(ctx)
	if c.officer == "" {
		return nil, errNoOfficer
	}
	if err := named("id", r.Body.Id); err != nil {
		return nil, err
	}
	text := ""
	if r.Body.Text != nil {
		text = *r.Body.Text
	}
	sent, err := o.s.cfg.Seat.Acknowledge(ctx, c.officer, r.Body.Id, text)
	if err != nil {
		return nil, refused(err)
	}
	if sent == nil {
		sent = []node.Sent{}
	}
	return AcknowledgeAlert200JSONResponse(sent), nil
}

func (o operations) Relay(ctx context.Context, r RelayRequestObject) (RelayResponseObject, error) {
	c := callerOf(ctx)
	if c.officer == "" {
		return nil, errNoOfficer
	}
	if err := named("from", r.Body.From); err != nil {
		return nil, err
	}
	if r.Body.Line == "" {
		return nil, missing("line")
	}
	var body record.Relay
	// Not BodyFromJSON: a relay is whole only with its origin, which is the node's.
	if err := readStrict(r.Body.Body, &body); err != nil {
		return nil, err
	}
	if body.Origin != (record.Hash{}) {
		return nil, wrong("origin", errors.New("origin is given, but the node makes it"), "leave it out")
	}
	d := node.RelayDraft{Officer: c.officer, From: r.Body.From, Line: r.Body.Line, Body: body}
	if r.Body.Precedence != nil {
		d.Precedence = *r.Body.Precedence
	}
	sent, err := o.s.cfg.Seat.Relay(ctx, d)
	if err != nil {
		return nil, refused(err)
	}
	return Relay200JSONResponse(sent), nil
}

func (o operations) OpenOrigin(ctx context.Context, r OpenOriginRequestObject) (OpenOriginResponseObject, error) {
	c := callerOf(ctx)
	if c.officer == "" {
		return nil, errNoOfficer
	}
	if err := named("relay", r.Body.Relay); err != nil {
		return nil, err
	}
	sent, err := o.s.cfg.Seat.OpenOrigin(ctx, c.officer, r.Body.Relay)
	if err != nil {
		return nil, refused(err)
	}
	return OpenOrigin200JSONResponse(sent), nil
}

// SetClock refuses what is neither one way nor the other; whether the clock may
// be moved at all (every line an exercise line) is the node's to say.
func (o operations) SetClock(ctx context.Context, r SetClockRequestObject) (SetClockResponseObject, error) {
	if c := callerOf(ctx); !c.bearer && c.officer == "" {
		return nil, errNoOfficer
	}
	b := r.Body
	var err error
	switch {
	case b.To != nil && b.Start == nil && b.Rate == nil:
		if !b.To.Valid() {
			return nil, missing("to")
		}
		err = o.s.cfg.Seat.SetClock(ctx, *b.To)
	case b.To == nil && b.Start != nil && b.Rate != nil:
		if !b.Start.Valid() {
			return nil, missing("start")
		}
		if !(*b.Rate > 0 && *b.Rate <= 10000) {
			return nil, wrong("rate", fmt.Errorf("rate %v is outside 0 to 10000", *b.Rate), "60 makes a minute of each second")
		}
		err = o.s.cfg.Seat.SetRate(ctx, *b.Start, *b.Rate)
	default:
		return nil, wrong("to", errors.New("give either to, or start and rate"), "")
	}
	if err != nil {
		return nil, refused(err)
	}
	st, err := o.s.cfg.Seat.Status(ctx)
	if err != nil {
		return nil, err
	}
	return SetClock200JSONResponse(st), nil
}

func (o operations) ExportLine(ctx context.Context, r ExportLineRequestObject) (ExportLineResponseObject, error) {
	if r.Params.Line == "" {
		return nil, missing("line")
	}
	if o.s.cfg.Export == nil {
		return nil, &fault{status: http.StatusNotImplemented, text: "this node was started without an exporter"}
	}
	var b bytes.Buffer
	if err := o.s.cfg.Export(ctx, r.Params.Line, &b); err != nil {
		return nil, refused(err)
	}
	return ExportLine200ApplicationoctetStreamResponse{Body: &b, ContentLength: int64(b.Len())}, nil
}

func (o operations) AdoptCharter(ctx context.Context, r AdoptCharterRequestObject) (AdoptCharterResponseObject, error) {
	if !callerOf(ctx).bearer {
		return nil, errBearerOnly
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the charter: %w", err)
	}
	if len(b) == 0 {
		return nil, missing("body")
	}
	if o.s.cfg.Charter == nil {
		return nil, &fault{status: http.StatusNotImplemented, text: "this node was started without a reader of charters"}
	}
	cr, err := o.s.cfg.Charter(b)
	if err != nil {
		return nil, wrong("body", err, "send the file that parley line accept wrote")
	}
	if err := o.s.cfg.Seat.Adopt(ctx, cr); err != nil {
		return nil, refused(err)
	}
	return AdoptCharter200JSONResponse{Taken: 1}, nil
}

func (o operations) CloseLine(ctx context.Context, r CloseLineRequestObject) (CloseLineResponseObject, error) {
	c := callerOf(ctx)
	if c.officer == "" {
		return nil, errNoOfficer
	}
	if r.Body.Line == "" {
		return nil, missing("line")
	}
	if r.Body.Text == "" {
		return nil, missing("text")
	}
	var duties []string
	if r.Body.Duties != nil {
		duties = *r.Body.Duties
	}
	sent, err := o.s.cfg.Seat.CloseLine(ctx, c.officer, r.Body.Line, r.Body.Text, duties)
	if err != nil {
		return nil, refused(err)
	}
	return CloseLine200JSONResponse(sent), nil
}

func (o operations) GetPhrases(context.Context, GetPhrasesRequestObject) (GetPhrasesResponseObject, error) {
	book := Phrasebook{Entries: []PhraseEntry{}}
	if o.s.cfg.Phrases != nil {
		book = o.s.cfg.Phrases()
	}
	return GetPhrases200JSONResponse(book), nil
}

func (o operations) FindPlaces(_ context.Context, r FindPlacesRequestObject) (FindPlacesResponseObject, error) {
	q := r.Params.Q
	if q == "" {
		return nil, missing("q")
	}
	if len(q) > 200 {
		return nil, wrong("q", errors.New("q is longer than 200 bytes"), "")
	}
	found := []Place{}
	if o.s.cfg.Places != nil {
		ps, err := o.s.cfg.Places(q)
		if err != nil {
			return nil, wrong("q", err, `write a place's name, or coordinates such as 35°31'N 35°47'E or 35.52N 35.78E`)
		}
		found = append(found, ps...)
	}
	return FindPlaces200JSONResponse(found), nil
}

func (o operations) who(officer string) Session {
	return Session{Party: string(o.s.cfg.Party), Officer: officer}
}

func (o operations) GetSession(ctx context.Context, _ GetSessionRequestObject) (GetSessionResponseObject, error) {
	return GetSession200JSONResponse(o.who(callerOf(ctx).officer)), nil
}

func (o operations) OpenSession(_ context.Context, r OpenSessionRequestObject) (OpenSessionResponseObject, error) {
	if r.Body.Link == "" {
		return nil, missing("link")
	}
	value, officer, err := o.s.auth.open(r.Body.Link)
	if err != nil {
		return nil, err
	}
	cookie := (&http.Cookie{
		Name: o.s.auth.cookie, Value: value, Path: "/",
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}).String()
	return OpenSession200JSONResponse{Body: o.who(officer), Headers: OpenSession200ResponseHeaders{SetCookie: &cookie}}, nil
}

func (o operations) SignOn(ctx context.Context, r SignOnRequestObject) (SignOnResponseObject, error) {
	switch {
	case r.Body.Officer == "":
		return nil, missing("officer")
	case r.Body.Passphrase == "":
		return nil, missing("passphrase")
	case len(r.Body.Officer) > 64 || len(r.Body.Passphrase) > 1024:
		return nil, errUnlock
	}
	if err := o.s.auth.signOn(ctx, callerOf(ctx), r.Body.Officer, r.Body.Passphrase); err != nil {
		return nil, err
	}
	return SignOn200JSONResponse(o.who(r.Body.Officer)), nil
}

func (o operations) SignOff(ctx context.Context, _ SignOffRequestObject) (SignOffResponseObject, error) {
	c := callerOf(ctx)
	if c.officer == "" {
		return nil, errNoOfficer
	}
	o.s.auth.leave(c)
	return SignOff200JSONResponse(o.who("")), nil
}

func (o operations) MakeLink(ctx context.Context, r MakeLinkRequestObject) (MakeLinkResponseObject, error) {
	c := callerOf(ctx)
	if !c.bearer {
		return nil, errBearerOnly
	}
	officer := ""
	if r.Body.Officer != nil {
		officer = *r.Body.Officer
	}
	token, err := o.s.auth.newLink(officer)
	if err != nil {
		return nil, err
	}
	host, _ := ctx.Value(hostKey{}).(string)
	return MakeLink200JSONResponse{Url: "http://" + host + "/open#" + token, ExpiresSeconds: int(LinkLife.Seconds())}, nil
}

func (o operations) GetEvents(ctx context.Context, r GetEventsRequestObject) (GetEventsResponseObject, error) {
	last := ""
	if r.Params.LastEventID != nil {
		last = *r.Params.LastEventID
	}
	st, err := o.s.hub.join(last)
	if err != nil {
		return nil, err
	}
	return stream{ctx: ctx, s: o.s, st: st}, nil
}

// hostKey finds the Host that a request came by, already known to be loopback.
type hostKey struct{}
