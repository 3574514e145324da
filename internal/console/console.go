// Package console serves the console's files from inside the binary, and the
// page that a one-time link opens.
//
// It is an edge without a secret: the files are the same for everybody, and all
// that the console shows it asks of the API with its own session. The rules that
// keep other people's content out stand in one place, here: nothing is loaded
// but from this node (Content-Security-Policy), no other page frames it, nothing
// tells another site where it came from, and index.html and the open page are
// never kept by a cache.
//
// A one-time link is http://127.0.0.1:PORT/open#TOKEN. The token is in the
// fragment, which a browser does not send: no log and no referrer can hold it.
// The page takes it out of the address bar and of the history before it does
// anything else, and exchanges it by POST /v1/session.
package console

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed open.html
var openPage []byte

//go:embed open.js
var openScript []byte

// policy lets a page load and ask only this node. OpenLayers sets style
// attributes through the DOM, which style-src does not govern; nothing here
// needs 'unsafe-inline'. The map's symbols and the alarm are made in the page.
const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// placeholderPolicy also allows the placeholder page's own style element.
const placeholderPolicy = policy + "; style-src 'self' 'unsafe-inline'"

type file struct {
	data []byte
	kind string // Content-Type
	etag string
}

// Handler serves files, which is web.FS(): index.html for "/", every other file
// by its name, and the open page at /open. built says whether index.html is the
// console (web.Built()) or the placeholder. All of it is read once, here.
func Handler(files fs.FS, built bool) (http.Handler, error) {
	kept := map[string]file{
		"open":    newFile("open.html", openPage),
		"open.js": newFile("open.js", openScript),
	}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		kept[name] = newFile(name, b)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't read the console's files: %w", err)
	}
	if _, ok := kept["index.html"]; !ok {
		b, err := fs.ReadFile(files, "index.html") // the placeholder stands in for it without being listed
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errors.New("couldn't serve the console: it has no page, not even the placeholder")
		}
		if err != nil {
			return nil, fmt.Errorf("couldn't read the console's page: %w", err)
		}
		kept["index.html"] = newFile("index.html", b)
	}
	return &handler{kept, built}, nil
}

func newFile(name string, b []byte) file {
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) { // not left to the machine's tables
	case ".html":
		kind = "text/html; charset=utf-8"
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".json":
		kind = "application/json"
	case ".woff2":
		kind = "font/woff2"
	case ".svg":
		kind = "image/svg+xml"
	case ".txt", ".LICENSE":
		kind = "text/plain; charset=utf-8"
	}
	if kind == "" {
		kind = "application/octet-stream"
	}
	sum := sha256.Sum256(b)
	return file{b, kind, `"` + hex.EncodeToString(sum[:12]) + `"`}
}

type handler struct {
	files map[string]file
	built bool
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Frame-Options", "DENY")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		head.Set("Allow", "GET, HEAD")
		http.Error(w, "this page is only read", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = "index.html"
	}
	f, ok := h.files[name]
	if !ok {
		http.Error(w, "there is no such page here; the console is at /", http.StatusNotFound)
		return
	}
	head.Set("Content-Type", f.kind)
	switch {
	case name == "index.html" || name == "open":
		head.Set("Cache-Control", "no-store")
		if name == "index.html" && !h.built {
			head.Set("Content-Security-Policy", placeholderPolicy)
		}
	case strings.HasPrefix(name, "fonts/"):
		head.Set("Cache-Control", "private, max-age=31536000, immutable") // the name holds the content's hash
	default:
		head.Set("Cache-Control", "private, no-cache") // asked for again each time, answered 304
		head.Set("ETag", f.etag)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
}
