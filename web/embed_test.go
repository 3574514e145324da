package web

import (
	"bytes"
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestThereIsAlwaysAPage(t *testing.T) {
	page, err := fs.ReadFile(FS(), "index.html")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(bytes.ToLower(page), []byte("<!doctype html>")) {
		t.Errorf("index.html is no page: %.60q", page)
	}
	if _, err := fs.Stat(dist, "dist/placeholder.html"); err != nil {
		t.Errorf("the placeholder must stay in web/dist, or go build fails on a machine without Node: %v", err)
	}
}

func TestPlaceholderStandsInOnlyForTheMissingPage(t *testing.T) {
	bare := withPlaceholder{fstest.MapFS{"placeholder.html": {Data: []byte("placeholder")}}}
	if b, err := fs.ReadFile(bare, "index.html"); err != nil || string(b) != "placeholder" {
		t.Errorf("index.html = %q, %v; want the placeholder", b, err)
	}
	if _, err := fs.ReadFile(bare, "app.js"); err == nil {
		t.Error("app.js was answered although it was not built")
	}
	built := withPlaceholder{fstest.MapFS{"placeholder.html": {Data: []byte("placeholder")}, "index.html": {Data: []byte("console")}}}
	if b, err := fs.ReadFile(built, "index.html"); err != nil || string(b) != "console" {
		t.Errorf("index.html = %q, %v; want the console", b, err)
	}
}
