package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// project makes a console of one line of TypeScript and gives its folder.
func project(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"src/main.ts":           script,
		"src/index.html":        "<!doctype html>",
		"assets/map.json":       "{}",
		"assets/fonts.css":      "",
		"node_modules/.present": "",
		"dist/placeholder.html": "placeholder",
		"dist/old.js":           "left by an earlier build",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func inDist(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.*", "assets/*"} {
		paths, err := filepath.Glob(filepath.Join(dir, "dist", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			rel, err := filepath.Rel(filepath.Join(dir, "dist"), p)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, filepath.ToSlash(rel))
		}
	}
	return strings.Join(all, " ")
}

func TestABuildReplacesTheOldOneAndKeepsThePlaceholder(t *testing.T) {
	dir := project(t, `const greeting: string = "hello"; document.title = greeting;`)
	if err := build(dir, false); err != nil {
		t.Fatal(err)
	}
	if got, want := inDist(t, dir), "app.js index.html placeholder.html assets/map.json"; got != want {
		t.Errorf("dist holds %q, want %q", got, want)
	}
	first, err := os.ReadFile(filepath.Join(dir, "dist", "app.js"))
	if err != nil || !strings.Contains(string(first), "hello") {
		t.Fatalf("app.js is %q, %v", first, err)
	}
	if err := build(dir, false); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(filepath.Join(dir, "dist", "app.js")); err != nil || string(again) != string(first) {
		t.Errorf("the same sources gave other bytes: %q, %v", again, err)
	}
}

func TestAFailedBuildLeavesTheLastOneInPlace(t *testing.T) {
	dir := project(t, `import { gone } from "./gone"; gone();`)
	if err := build(dir, false); err == nil {
		t.Fatal("a script that imports what is not there was built")
	}
	if got, want := inDist(t, dir), "old.js placeholder.html"; got != want {
		t.Errorf("dist holds %q, want %q", got, want)
	}
	if err := os.RemoveAll(filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if err := build(dir, false); err == nil || !strings.Contains(err.Error(), "make deps") {
		t.Errorf("without node_modules: %v; want the remedy", err)
	}
}
