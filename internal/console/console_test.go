package console

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"parley/web"
)

func get(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func built(t *testing.T) http.Handler {
	t.Helper()
	h, err := Handler(fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html>console")},
		"app.js":                {Data: []byte("1")},
		"fonts/noto-ab12.woff2": {Data: []byte("font")},
		"assets/basemap.json":   {Data: []byte("{}")},
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestEveryAnswerKeepsOtherPeoplesContentOut(t *testing.T) {
	h := built(t)
	for _, p := range []string{"/", "/open", "/open.js", "/app.js", "/assets/basemap.json", "/no-such"} {
		head := get(t, h, "GET", p).Header
		csp := head.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: Content-Security-Policy %q", p, csp)
		}
		if head.Get("Referrer-Policy") != "no-referrer" || head.Get("X-Content-Type-Options") != "nosniff" || head.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: headers %v", p, head)
		}
	}
}

func TestPagesAreNeverKeptAndFontsAlways(t *testing.T) {
	h := built(t)
	for p, want := range map[string]string{"/": "no-store", "/open": "no-store", "/app.js": "no-cache", "/fonts/noto-ab12.woff2": "immutable"} {
		if got := get(t, h, "GET", p).Header.Get("Cache-Control"); !strings.Contains(got, want) {
			t.Errorf("%s: Cache-Control %q, want %s", p, got, want)
		}
	}
	etag := get(t, h, "GET", "/app.js").Header.Get("ETag")
	if got := get(t, h, "GET", "/app.js", "If-None-Match", etag).StatusCode; got != http.StatusNotModified {
		t.Errorf("app.js again: %d, want 304", got)
	}
}

func TestTheKindOfAFileIsNotLeftToTheMachine(t *testing.T) {
	h := built(t)
	for p, want := range map[string]string{"/": "text/html", "/app.js": "text/javascript", "/assets/basemap.json": "application/json",
		"/fonts/noto-ab12.woff2": "font/woff2", "/open": "text/html"} {
		if got := get(t, h, "GET", p).Header.Get("Content-Type"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: Content-Type %q, want %s", p, got, want)
		}
	}
}

func TestOnlyFilesThatThereAreAndOnlyRead(t *testing.T) {
	h := built(t)
	for _, p := range []string{"/no-such", "/../go.mod", "/assets/", "/fonts", "/index.html/x", "/open/"} {
		if got := get(t, h, "GET", "http://127.0.0.1"+p).StatusCode; got != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", p, got)
		}
	}
	if got := get(t, h, "POST", "/").StatusCode; got != http.StatusMethodNotAllowed {
		t.Errorf("POST /: %d, want 405", got)
	}
}

func TestTheLinksTokenStaysInTheFragment(t *testing.T) {
	js := string(openScript)
	clear, send := strings.Index(js, "history.replaceState"), strings.Index(js, "fetch(")
	if clear < 0 || send < 0 || clear > send {
		t.Error("open.js must take the token out of the address before it sends anything")
	}
	if strings.Contains(js, "location.search") {
		t.Error("open.js reads the query: a token there would be in every log")
	}
	if strings.Contains(string(openPage), "<script>") || strings.Contains(string(openPage), "style=") {
		t.Error("open.html has inline script or style, which the policy refuses")
	}
}

func TestTheEmbeddedFilesAreServedBuiltOrNot(t *testing.T) {
	h, err := Handler(web.FS(), web.Built())
	if err != nil {
		t.Fatal(err)
	}
	if res := get(t, h, "GET", "/"); res.StatusCode != http.StatusOK {
		t.Errorf("GET /: %d", res.StatusCode)
	}
}

func TestWithoutABuiltConsoleThePlaceholderIsServedAndMayBeStyled(t *testing.T) {
	h, err := Handler(fstest.MapFS{"index.html": {Data: []byte("<style></style>not built")}}, false)
	if err != nil {
		t.Fatal(err)
	}
	csp := get(t, h, "GET", "/").Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "style-src 'self' 'unsafe-inline'") {
		t.Errorf("the placeholder's own style is refused: %q", csp)
	}
	if _, err := Handler(fstest.MapFS{}, false); err == nil {
		t.Error("a console without any page was taken")
	}
}
