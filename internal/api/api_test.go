package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/node"
	"parley/party"
	"parley/record"
	"parley/volume"
)

const token = "a-token-of-twenty-four-c"

// desk is a node's API with a fake seat behind it, and what its tests need.
type desk struct {
	*testing.T
	seat *fakeSeat
	s    *Server
	url  string
	spec *spec
	log  *bytes.Buffer
	mu   *sync.Mutex
	now  time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, seat: newFakeSeat(), spec: readSpec(t), log: &bytes.Buffer{}, mu: new(sync.Mutex), now: time.Unix(1_537_209_552, 0)}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := New(ctx, Config{
		Seat: d.seat, Party: "RU", Token: token,
		Unlock: func(officer, passphrase string) (party.Signer, error) {
			if passphrase != "right "+officer {
				return nil, errors.New("wrong")
			}
			return party.NewSigner([32]byte{byte(len(officer))}), nil
		},
		Export: func(_ context.Context, line string, w io.Writer) error {
			_, err := io.WriteString(w, "bundle of "+line)
			return err
		},
		Charter: func(b []byte) (record.CharterRecord, error) {
			if string(b) != "charter" {
				return record.CharterRecord{}, errors.New("couldn't read the charter record")
			}
			return record.CharterRecord{}, nil
		},
		Phrases: func() Phrasebook {
			return Phrasebook{Hash: "ab", Entries: []PhraseEntry{{Code: "STOP-NOW", Text: map[string]string{"en": "Stop now"}}}}
		},
		Places: func(q string) ([]Place, error) {
			if q == "??" {
				return nil, errors.New("couldn't read coordinates")
			}
			return []Place{{Name: "Latakia", Point: volume.Deg(35.52, 35.78), Text: "35.52, 35.78"}}, nil
		},
		Log: slog.New(slog.NewTextHandler(lockedWriter{d.mu, d.log}, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: func() time.Time { d.mu.Lock(); defer d.mu.Unlock(); return d.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	d.s = s
	srv := httptest.NewServer(s.Handler())
	d.url = srv.URL
	t.Cleanup(func() { cancel(); srv.Close() })
	return d
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func (d *desk) later(t time.Duration) { d.mu.Lock(); defer d.mu.Unlock(); d.now = d.now.Add(t) }

// ask sends one request; headers come in pairs, and "Host" sets the host.
func (d *desk) ask(method, path, body string, headers ...string) (int, []byte, http.Header) {
	d.Helper()
	r, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		d.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.Fatal(err)
	}
	return res.StatusCode, b, res.Header
}

func bearer(more ...string) []string {
	return append([]string{"Authorization", "Bearer " + token}, more...)
}

// browser opens a session by a one-time link and gives the headers of its requests.
func (d *desk) browser(officer string) []string {
	d.Helper()
	link, err := d.s.NewLink(officer)
	if err != nil {
		d.Fatal(err)
	}
	status, body, head := d.ask("POST", "/v1/session", fmt.Sprintf(`{"link":%q}`, link), "Origin", d.url)
	if status != 200 {
		d.Fatalf("the link did not open: %d %s", status, body)
	}
	cookie := head.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Strict") {
		d.Errorf("the session cookie is not HttpOnly and SameSite=Strict: %s", strings.Split(cookie, ";")[1:])
	}
	value, _, _ := strings.Cut(cookie, ";")
	return []string{"Cookie", value, "Origin", d.url}
}

// want asks and holds the answer against a status and the API's document.
func (d *desk) want(status int, method, path, body string, headers ...string) map[string]any {
	d.Helper()
	got, b, _ := d.ask(method, path, body, headers...)
	if got != status {
		d.Fatalf("%s %s: %d, want %d: %s", method, path, got, status, b)
	}
	bare, _, _ := strings.Cut(path, "?")
	d.spec.conforms(d, method, bare, got, b)
	var v any
	_ = json.Unmarshal(b, &v)
	m, _ := v.(map[string]any)
	return m
}

func (d *desk) signedOn() []string {
	d.Helper()
	d.want(200, "POST", "/v1/sign-on", `{"officer":"orlov","passphrase":"right orlov"}`, bearer()...)
	return bearer("Parley-Officer", "orlov")
}

const noticeDraft = `{"line":"IL-RU","kind":"notice","precedence":"immediate","body":{"class":"hazard-area","place":"Latakia","wants":["read"]}}`

func TestEveryOperationAnswersAsTheDocumentSays(t *testing.T) {
	d := newDesk(t)
	on := d.signedOn()
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/v1/status", ""},
		{"GET", "/v1/picture", ""},
		{"GET", "/v1/picture?known_at=2018-09-17T18:41:00Z&instant=2018-09-17T18:41:00Z", ""},
		{"GET", "/v1/tracks", ""},
		{"POST", "/v1/tracks", `[{"id":"il20","at":"2018-09-17T18:39:00Z","pos":{"point":{"lat":35.5,"lon":35.9}},"standing":"own"}]`},
		{"GET", "/v1/records?id=IL-RU/IL/urgent/12", ""},
		{"POST", "/v1/records", noticeDraft},
		{"POST", "/v1/preview", noticeDraft},
		{"POST", "/v1/alerts/acknowledge", `{"id":"home/RU/urgent/4","text":"calling the crew"}`},
		{"POST", "/v1/relays", `{"from":"home/RU/urgent/4","line":"RU-SY","precedence":"flash","body":{"phrases":[{"code":"HOLD-FIRE"}],"unit":"5 Bde"}}`},
		{"POST", "/v1/openings", `{"relay":"RU-SY/RU/urgent/1"}`},
		{"POST", "/v1/clock", `{"to":"2018-09-17T18:45:00Z"}`},
		{"POST", "/v1/clock", `{"start":"2018-09-17T18:45:00Z","rate":60}`},
		{"POST", "/v1/lines/close", `{"line":"IL-RU","text":"we leave","duties":["one answer open"]}`},
		{"GET", "/v1/phrases", ""},
		{"GET", "/v1/places?q=Latakia", ""},
		{"GET", "/v1/session", ""},
		{"POST", "/v1/links", `{"officer":"orlov"}`},
		{"POST", "/v1/sign-off", `{}`},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			e := *d
			e.T = t
			e.want(200, c.method, c.path, c.body, on...)
		})
	}
	calls := strings.Join(d.seat.called(), "\n")
	for _, want := range []string{"say notice on IL-RU as orlov", "acknowledge home/RU/urgent/4 as orlov: calling the crew", "relay home/RU/urgent/4 to RU-SY as orlov",
		"open RU-SY/RU/urgent/1 as orlov", "clock to 2018-09-17T18:45:00.000Z", "clock from 2018-09-17T18:45:00.000Z at 60", "picture 2018-09-17T18:41:00.000Z 2018-09-17T18:41:00.000Z", "sign-off orlov"} {
		if !strings.Contains(calls, want) {
			t.Errorf("the seat was never asked to %q; it was asked:\n%s", want, calls)
		}
	}
}

func TestFilesGoInAndOut(t *testing.T) {
	d := newDesk(t)
	status, b, _ := d.ask("GET", "/v1/export?line=IL-RU", "", bearer()...)
	if status != 200 || string(b) != "bundle of IL-RU" {
		t.Errorf("export: %d %q", status, b)
	}
	octets := bearer("Content-Type", "application/octet-stream")
	d.want(200, "POST", "/v1/lines", "charter", octets...)
	d.want(400, "POST", "/v1/lines", "no charter", octets...)
	d.want(415, "POST", "/v1/lines", "charter", bearer()...)
	if d.seat.adopted != 1 {
		t.Errorf("adopted %d charters, want 1", d.seat.adopted)
	}
	status, b, head := d.ask("GET", "/v1/openapi.json", "", bearer()...)
	if status != 200 || !json.Valid(b) || !strings.HasPrefix(head.Get("Content-Type"), "application/json") {
		t.Errorf("openapi.json: %d", status)
	}
}

func TestWithoutTokenOrSessionNothingIsAnswered(t *testing.T) {
	d := newDesk(t)
	for path, ops := range d.spec.Paths {
		for method := range ops {
			if path == "/v1/session" && method == "post" {
				continue
			}
			m := strings.ToUpper(method)
			for _, h := range [][]string{nil, {"Authorization", "Bearer wrong"}, {"Authorization", token}, {"Cookie", "parley=x", "Origin", d.url}} {
				if status, b, _ := d.ask(m, path, "", h...); status != 401 {
					t.Errorf("%s %s with %v: %d %s, want 401", m, path, h, status, b)
				}
			}
		}
	}
	if status, _, _ := d.ask("GET", "/metrics", ""); status != 401 {
		t.Errorf("metrics without a token: %d", status)
	}
	if n := len(d.seat.called()); n != 0 {
		t.Errorf("the seat was asked %d times", n)
	}
}

func TestALinkOpensOneSessionOnceAndForALittleWhile(t *testing.T) {
	d := newDesk(t)
	link, _ := d.s.NewLink("")
	body := fmt.Sprintf(`{"link":%q}`, link)
	d.want(403, "POST", "/v1/session", body)                                  // no Origin: no page of ours
	d.want(403, "POST", "/v1/session", body, "Origin", "http://evil.example") // another page
	d.want(200, "POST", "/v1/session", body, "Origin", d.url)
	if p := d.want(403, "POST", "/v1/session", body, "Origin", d.url); p["field"] != "link" || p["remedy"] == nil {
		t.Errorf("a used link: %v", p)
	}
	link, _ = d.s.NewLink("")
	d.later(LinkLife + time.Second)
	d.want(403, "POST", "/v1/session", fmt.Sprintf(`{"link":%q}`, link), "Origin", d.url)
}

func TestASessionEndsWhenNobodyUsesItAndSignsItsOfficerOff(t *testing.T) {
	d := newDesk(t)
	b := d.browser("")
	d.want(200, "POST", "/v1/sign-on", `{"officer":"orlov","passphrase":"right orlov"}`, b...)
	d.later(SessionIdle - time.Minute)
	d.want(200, "GET", "/v1/session", "", b...)
	d.later(SessionIdle + time.Minute)
	d.want(401, "GET", "/v1/session", "", b...)
	if calls := d.seat.called(); calls[len(calls)-1] != "sign-off orlov" {
		t.Errorf("the officer is still signed on: %v", calls)
	}
}

func TestAnOfficerSpeaksOnlyWhereTheySignedOn(t *testing.T) {
	d := newDesk(t)
	one, two := d.browser(""), d.browser("")
	d.want(403, "POST", "/v1/records", noticeDraft, one...)
	d.want(200, "POST", "/v1/sign-on", `{"officer":"orlov","passphrase":"right orlov"}`, one...)
	d.want(200, "POST", "/v1/records", noticeDraft, one...)
	d.want(403, "POST", "/v1/records", noticeDraft, two...)
	// A session cannot borrow an officer by the header, nor the token one of a session.
	d.want(403, "POST", "/v1/records", noticeDraft, append(two, "Parley-Officer", "orlov")...)
	d.want(403, "POST", "/v1/records", noticeDraft, bearer("Parley-Officer", "orlov")...)
	d.want(403, "POST", "/v1/links", `{"officer":"orlov"}`, bearer()...)

	// Signed on twice, signed off once: the seat still holds the key.
	on := d.signedOn()
	d.want(200, "POST", "/v1/sign-off", `{}`, one...)
	if strings.Contains(strings.Join(d.seat.called(), " "), "sign-off") {
		t.Error("signing off in one place signed the officer off everywhere")
	}
	d.want(403, "POST", "/v1/records", noticeDraft, one...)
	d.want(200, "POST", "/v1/records", noticeDraft, on...)
	d.want(200, "POST", "/v1/sign-off", `{}`, on...)
	if !strings.Contains(strings.Join(d.seat.called(), " "), "sign-off orlov") {
		t.Error("the officer is signed on nowhere, and the seat still holds the key")
	}
}

func TestALinkCanCarryAnOfficerWhoIsSignedOn(t *testing.T) {
	d := newDesk(t)
	d.signedOn()
	l := d.want(200, "POST", "/v1/links", `{"officer":"orlov"}`, bearer()...)
	url, _ := l["url"].(string)
	if !strings.HasPrefix(url, d.url+"/open#") {
		t.Fatalf("the link is %q", url)
	}
	_, tok, _ := strings.Cut(url, "#")
	s := d.want(200, "POST", "/v1/session", fmt.Sprintf(`{"link":%q}`, tok), "Origin", d.url)
	if s["officer"] != "orlov" {
		t.Errorf("the session is %v, want orlov in it", s)
	}
	d.want(403, "POST", "/v1/links", `{}`, d.browser("")...)
}

func TestPassphrasesCannotBeGuessedFast(t *testing.T) {
	d := newDesk(t)
	wrong, right := `{"officer":"orlov","passphrase":"hunter2"}`, `{"officer":"orlov","passphrase":"right orlov"}`
	for range 3 {
		d.want(403, "POST", "/v1/sign-on", wrong, bearer()...)
	}
	status, _, head := d.ask("POST", "/v1/sign-on", right, bearer()...)
	if status != 429 || head.Get("Retry-After") == "" {
		t.Errorf("after three wrong ones: %d, Retry-After %q", status, head.Get("Retry-After"))
	}
	d.want(200, "POST", "/v1/sign-on", `{"officer":"petrova","passphrase":"right petrova"}`, bearer()...) // others are not held up
	d.later(3 * time.Second)
	d.want(403, "POST", "/v1/sign-on", wrong, bearer()...)
	d.later(3 * time.Second)
	d.want(429, "POST", "/v1/sign-on", right, bearer()...) // now it is four seconds
	d.later(2 * time.Second)
	d.want(200, "POST", "/v1/sign-on", right, bearer()...)
	d.want(403, "POST", "/v1/sign-on", wrong, bearer()...) // the count began anew
	d.want(200, "POST", "/v1/sign-on", right, bearer()...)
}

func TestOtherPagesAndReboundNamesAreTurnedAway(t *testing.T) {
	d := newDesk(t)
	b := d.browser("")
	port := d.url[strings.LastIndex(d.url, ":"):]
	for _, c := range []struct {
		name   string
		status int
		method string
		header []string
	}{
		{"rebound name", 421, "GET", []string{"Host", "evil.example" + port}},
		{"name that begins like ours", 421, "GET", []string{"Host", "127.0.0.1.evil.example" + port}},
		{"no name", 421, "GET", []string{"Host", "[::2]" + port}},
		{"localhost", 200, "GET", []string{"Host", "localhost" + port, "Origin", "http://localhost" + port}},
		{"IPv6 loopback", 200, "GET", []string{"Host", "[::1]" + port, "Origin", "http://[::1]" + port}},
		{"another page", 403, "GET", []string{"Origin", "http://evil.example"}},
		{"another port", 403, "GET", []string{"Origin", "http://127.0.0.1:1"}},
		{"https page", 403, "GET", []string{"Origin", "https" + d.url[4:]}},
		{"sandboxed page", 403, "POST", []string{"Origin", "null"}},
		{"cross-site fetch", 403, "GET", []string{"Sec-Fetch-Site", "cross-site"}},
		{"navigation into the API", 403, "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}},
		{"cookie without a page", 403, "POST", []string{"Origin", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, body := "/v1/session", ""
			if c.method == "POST" {
				path, body = "/v1/sign-off", "{}"
			}
			if status, got, _ := d.ask(c.method, path, body, append(b, c.header...)...); status != c.status {
				t.Errorf("%d %s, want %d", status, got, c.status)
			}
		})
	}
	r := httptest.NewRequest("GET", "http://127.0.0.1/v1/status", nil)
	r.RemoteAddr = "192.0.2.7:4711"
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	d.s.Handler().ServeHTTP(w, r)
	if w.Code != 403 {
		t.Errorf("a request from another machine: %d, want 403", w.Code)
	}
}

func TestHostileBodiesNameWhatIsWrong(t *testing.T) {
	d := newDesk(t)
	on := d.signedOn()
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	for _, c := range []struct {
		name, path, body string
		status           int
		field            string
	}{
		{"unknown field", "/v1/records", `{"line":"IL-RU","kind":"say","body":{},"officer":"levi"}`, 400, "officer"},
		{"unknown field in the record", "/v1/records", `{"line":"IL-RU","kind":"say","body":{"text":"x","weapon":"y"}}`, 400, "body.weapon"},
		{"a field twice", "/v1/alerts/acknowledge", `{"id":"a","id":"b"}`, 400, "id"},
		{"a field twice, deep", "/v1/records", `{"line":"IL-RU","kind":"say","body":{"text":"x","text":"y"}}`, 400, "text"},
		{"something after it", "/v1/alerts/acknowledge", `{"id":"a"}{}`, 400, ""},
		{"cut short", "/v1/alerts/acknowledge", `{"id":"a"`, 400, ""},
		{"nothing", "/v1/alerts/acknowledge", ` `, 400, "body"},
		{"another type", "/v1/alerts/acknowledge", `{"id":7}`, 400, "id"},
		{"an array", "/v1/alerts/acknowledge", `[]`, 400, ""},
		{"no id", "/v1/alerts/acknowledge", `{}`, 400, "id"},
		{"long id", "/v1/alerts/acknowledge", `{"id":"` + strings.Repeat("x", 200) + `"}`, 400, "id"},
		{"nested", "/v1/records", deep, 400, ""},
		{"no line", "/v1/records", `{"line":"","kind":"say","body":{}}`, 400, "line"},
		{"no kind", "/v1/records", `{"line":"IL-RU","kind":"","body":{}}`, 400, "kind"},
		{"no body", "/v1/records", `{"line":"IL-RU","kind":"say"}`, 400, "body"},
		{"unknown kind", "/v1/records", `{"line":"IL-RU","kind":"poem","body":{}}`, 400, "body"},
		{"unknown precedence", "/v1/records", `{"line":"IL-RU","kind":"say","precedence":"at once","body":{"text":"x"}}`, 400, ""},
		{"a relay's origin is the node's", "/v1/relays", `{"from":"a","line":"RU-SY","body":{"origin":"` + strings.Repeat("01", 32) + `","phrases":[]}}`, 400, "origin"},
		{"no clock", "/v1/clock", `{}`, 400, "to"},
		{"two clocks", "/v1/clock", `{"to":"2018-09-17T18:45:00Z","rate":2,"start":"2018-09-17T18:45:00Z"}`, 400, "to"},
		{"backwards", "/v1/clock", `{"start":"2018-09-17T18:45:00Z","rate":-1}`, 400, "rate"},
		{"local time", "/v1/clock", `{"to":"2018-09-17T18:45:00+03:00"}`, 400, ""},
		{"a report off the globe", "/v1/tracks", `[{"id":"x","at":"2018-09-17T18:45:00Z","pos":{"point":{"lat":95,"lon":0}}}]`, 400, ""},
		{"an unknown field of a report", "/v1/tracks", `[{"id":"x","iff":"foe"}]`, 400, "iff"},
		{"too large", "/v1/records", `{"line":"` + strings.Repeat("x", MaxBody) + `"}`, 413, ""},
		{"NaN", "/v1/clock", `{"start":"2018-09-17T18:45:00Z","rate":NaN}`, 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := *d
			e.T = t
			p := e.want(c.status, "POST", c.path, c.body, on...)
			if c.field != "" && p["field"] != c.field {
				t.Errorf("the field is %v, want %q: %v", p["field"], c.field, p["error"])
			}
			if p["error"] == "" {
				t.Error("no words for a person")
			}
		})
	}
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"} {
		d.want(415, "POST", "/v1/sign-off", "{}", append(on, "Content-Type", kind)...)
	}
	for _, call := range d.seat.called() {
		if !strings.HasPrefix(call, "sign-on") {
			t.Errorf("a hostile body reached the seat: %s", call)
		}
	}
	for path, field := range map[string]string{
		"/v1/picture?known_at=yesterday": "known_at", "/v1/picture?instant=2018-09-17": "instant", "/v1/places?q=": "q", "/v1/places?q=??": "q",
		"/v1/places": "q", "/v1/records": "id", "/v1/export": "line", "/v1/places?q=" + strings.Repeat("x", 300): "q",
	} {
		if p := d.want(400, "GET", path, "", on...); p["field"] != field {
			t.Errorf("GET %.40s: field %v, want %s", path, p["field"], field)
		}
	}
	d.want(404, "GET", "/v1/records?id=IL-RU/IL/urgent/99", "", on...)
}

func TestTheSeatsNoBecomesAnAnswerWithFieldAndStatus(t *testing.T) {
	d := newDesk(t)
	on := d.signedOn()
	d.seat.fail = fmt.Errorf("couldn't say it: %w", &node.RefusedError{Field: "line", What: "couldn't find the line"})
	p := d.want(422, "POST", "/v1/records", noticeDraft, on...)
	if p["field"] != "line" || !strings.Contains(p["error"].(string), "couldn't find the line") {
		t.Errorf("the seat's refusal became %v", p)
	}
	special := errors.New("the disk is full")
	d.s.cfg.Errors = []Rule{{Is: special, Status: 507, Remedy: "make room"}}
	d.seat.fail = fmt.Errorf("couldn't say it: %w", special)
	if p := d.want(507, "POST", "/v1/records", noticeDraft, on...); p["remedy"] != "make room" {
		t.Errorf("the wirer's rule became %v", p)
	}
	d.seat.fail = context.DeadlineExceeded
	d.want(504, "POST", "/v1/records", noticeDraft, on...)
}

func TestAPanicIsAnsweredAndTheNodeGoesOn(t *testing.T) {
	d := newDesk(t)
	d.seat.panicNow = true
	d.want(500, "GET", "/v1/picture", "", bearer()...)
	d.want(200, "GET", "/v1/status", "", bearer()...)
}

func TestNoSecretIsEverLogged(t *testing.T) {
	d := newDesk(t)
	link, _ := d.s.NewLink("")
	d.want(200, "POST", "/v1/session", fmt.Sprintf(`{"link":%q}`, link), "Origin", d.url)
	b := d.browser("")
	d.ask("GET", "/open?t="+link, "")
	d.want(403, "POST", "/v1/sign-on", `{"officer":"orlov","passphrase":"a-wrong-secret"}`, b...)
	d.want(200, "POST", "/v1/sign-on", `{"officer":"orlov","passphrase":"right orlov"}`, b...)
	d.mu.Lock()
	defer d.mu.Unlock()
	_, cookie, _ := strings.Cut(b[1], "=")
	for _, secret := range []string{token, link, "a-wrong-secret", "right orlov", cookie} {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(d.log.String(), "/v1/sign-on") {
		t.Error("nothing was logged at all")
	}
}

func TestServeRefusesEveryAddressButLoopback(t *testing.T) {
	d := newDesk(t)
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Skip("SKIP: cannot listen on all addresses here: ", err)
	}
	defer ln.Close()
	if err := d.s.Serve(context.Background(), ln); err == nil || !strings.Contains(err.Error(), "loopback only") {
		t.Errorf("Serve on every address: %v", err)
	}
}

func TestServeEndsWithItsContextAlsoWithAStreamOpen(t *testing.T) {
	d := newDesk(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.s.Serve(ctx, ln) }()
	d.url = "http://" + ln.Addr().String()
	next, stop := d.stream("")
	defer stop()
	if e := next(); e.name != "beat" {
		t.Errorf("the stream begins with %v", e)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

type sse struct{ id, name, data string }

// stream opens an event stream; next gives its events one by one, and the zero
// event at its end.
func (d *desk) stream(last string) (next func() sse, stop func()) {
	d.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, _ := http.NewRequestWithContext(ctx, "GET", d.url+"/v1/events", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		d.Fatal(err)
	}
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		d.Fatalf("the stream answered %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(res.Body)
	return func() (e sse) {
			for lines.Scan() {
				k, v, _ := strings.Cut(lines.Text(), ": ")
				switch {
				case lines.Text() == "" && e.name != "":
					return e
				case k == "id":
					e.id = v
				case k == "event":
					e.name = v
				case k == "data":
					e.data = v
				}
			}
			return sse{}
		}, func() {
			cancel()
			res.Body.Close()
		}
}

// change gives the next event that is no beat.
func change(next func() sse) sse {
	for {
		if e := next(); e.name != "beat" {
			return e
		}
	}
}

func TestEventsArriveInOrderAndAStreamResumesWhereItStopped(t *testing.T) {
	d := newDesk(t)
	next, stop := d.stream("")
	if b := next(); b.name != "beat" || !strings.Contains(b.data, `"now":"2018-09-17T18:39:12.000Z"`) {
		t.Fatalf("the first event is %v, want a beat with the node's time", b)
	}
	tell := func(n int) {
		for range n {
			d.seat.mu.Lock()
			d.seat.tell("record", "IL-RU/IL/urgent/13")
			d.seat.mu.Unlock()
		}
	}
	tell(3)
	first := change(next)
	if first.name != "change" || !strings.Contains(first.data, `"what":"record"`) || !strings.Contains(first.data, "IL-RU/IL/urgent/13") {
		t.Fatalf("got %v", first)
	}
	stop()
	tell(2)
	next, stop = d.stream(first.id)
	defer stop()
	for want := 2; want <= 5; want++ {
		if e := change(next); !strings.Contains(e.data, fmt.Sprintf(`"seq":%d,`, want)) {
			t.Fatalf("after the return: %v, want number %d", e, want)
		}
	}
}

func TestWhoIsTooFarBehindIsToldToAskAgain(t *testing.T) {
	d := newDesk(t)
	next, stop := d.stream("")
	d.seat.mu.Lock()
	d.seat.tell("record", "")
	d.seat.mu.Unlock()
	old := change(next)
	stop()
	next, stop = d.stream("")
	d.seat.mu.Lock()
	for range ringSize + 10 {
		d.seat.tell("tracks", "")
	}
	d.seat.tell("alerts", "")
	d.seat.mu.Unlock()
	// The events may come faster than this stream reads; then it is told so.
	for e := change(next); e.name != "resync" && !strings.Contains(e.data, "alerts"); e = change(next) {
	}
	stop()
	for name, last := range map[string]string{"out of the ring": old.id, "another run": "00000000-3", "from the future": d.s.hub.boot + "-999999", "nonsense": "x"} {
		next, stop := d.stream(last)
		if e := change(next); e.name != "resync" {
			t.Errorf("%s: %v, want resync", name, e)
		}
		stop()
	}
}

func TestStreamsAreBounded(t *testing.T) {
	d := newDesk(t)
	var stops []func()
	for range MaxStreams {
		next, stop := d.stream("")
		next()
		stops = append(stops, stop)
	}
	if status, _, head := d.ask("GET", "/v1/events", "", bearer()...); status != 503 || head.Get("Retry-After") == "" {
		t.Errorf("one stream too many: %d", status)
	}
	for _, stop := range stops {
		stop()
	}
}

func TestMetricsCountWithoutNamingAnything(t *testing.T) {
	d := newDesk(t)
	on := d.signedOn()
	d.want(200, "POST", "/v1/records", noticeDraft, on...)
	d.ask("GET", "/v1/secret-path-of-somebody", "", on...)
	status, b, _ := d.ask("GET", "/metrics", "", on...)
	text := string(b)
	if status != 200 {
		t.Fatalf("metrics: %d", status)
	}
	for _, want := range []string{`parley_http_requests_total{method="POST",path="/v1/records",status="200"} 1`, "parley_alerts_open 1", `parley_link_up{line="RU-SY",party="SY"} 0`, "parley_records_unreceipted 1",
		`parley_feed_connected{feed="mast"} 0`, `parley_feed_reports_total{feed="mast"} 812`, `parley_feed_bad_total{feed="mast"} 3`, `parley_feed_refused_total{feed="mast"} 4`} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	for _, never := range []string{"orlov", "secret-path", "Latakia"} {
		if strings.Contains(text, never) {
			t.Errorf("metrics name %s", never)
		}
	}
}

func TestAnIncompleteConfigIsRefused(t *testing.T) {
	good := Config{Seat: newFakeSeat(), Token: token, Unlock: func(string, string) (party.Signer, error) { return nil, nil }}
	for name, spoil := range map[string]func(*Config){
		"seat": func(c *Config) { c.Seat = nil }, "token": func(c *Config) { c.Token = "short" }, "unlock": func(c *Config) { c.Unlock = nil },
	} {
		c := good
		spoil(&c)
		if _, err := New(context.Background(), c); err == nil {
			t.Errorf("a config without %s was taken", name)
		}
	}
}
