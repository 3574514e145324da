// Package web carries the console's built files inside the binary.
//
// The console is TypeScript in web/src; `make build` bundles it into web/dist
// with tools/webbuild. Nothing built is committed: web/dist holds one committed
// file, placeholder.html, so that go:embed always finds something and
// `go build` works on a machine without Node. Where index.html was not built,
// the placeholder is served in its place and says so.
package web

import (
	"embed"
	"errors"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// FS gives the console's files: index.html, app.js, app.css, assets/ and the
// fonts. index.html is always there; see Built.
func FS() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		// Only an invalid name can fail, and the name is a constant.
		panic(err)
	}
	return withPlaceholder{sub}
}

//go:embed assets/basemap.json
var baseMap []byte

// BaseMap gives the map of land, borders and place names as GeoJSON, WGS84,
// longitude first; tools/basemap says what it holds. It is the same file that
// the console draws, for those who draw a map without a browser. The caller
// must not change it.
func BaseMap() []byte { return baseMap }

// Built reports whether the console itself was built into this binary, or only
// the placeholder page.
func Built() bool {
	_, err := fs.Stat(dist, "dist/index.html")
	return err == nil
}

// withPlaceholder answers index.html with placeholder.html where there is no
// index.html.
type withPlaceholder struct{ fs.FS }

func (w withPlaceholder) Open(name string) (fs.File, error) {
	f, err := w.FS.Open(name)
	if name == "index.html" && errors.Is(err, fs.ErrNotExist) {
		return w.FS.Open("placeholder.html")
	}
	return f, err
}
