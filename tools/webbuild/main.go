// Command webbuild bundles the console: web/src/main.ts and what it imports
// become web/dist/app.js and app.css, with src/index.html, the fonts and
// web/assets beside them.
//
// It is esbuild's Go API, so no Node process runs: npm has only fetched
// web/node_modules before. It looks nowhere but in web/, asks nothing of the
// network and puts no time or path into its output, so the same sources give
// the same bytes. esbuild strips types without checking them; `make test` runs
// the type checker.
//
// Names are fixed, not hashed, except for the fonts: the node that serves them
// sends an ETag, and a person who reads a page's source finds what he expects.
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// placeholder is the one committed file of dist; a build leaves it alone.
const placeholder = "placeholder.html"

func main() {
	dir := flag.String("dir", "web", "folder that holds src, assets and node_modules")
	verbose := flag.Bool("v", false, "print each file and its size")
	flag.Parse()
	if err := build(*dir, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "webbuild:", err)
		os.Exit(1)
	}
}

// build bundles first and touches dist only when everything is in memory: a
// failed build leaves the last good one in place.
func build(dir string, verbose bool) error {
	files, err := bundle(dir)
	if err != nil {
		return err
	}
	if err := copied(dir, files); err != nil {
		return err
	}
	dist := filepath.Join(dir, "dist")
	if err := empty(dist); err != nil {
		return err
	}
	for name, data := range files {
		path := filepath.Join(dist, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("couldn't make folder for %s: %w", name, err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return fmt.Errorf("couldn't write %s: %w", name, err)
		}
	}
	return report(files, verbose)
}

// bundle gives the bundled files by their slash-separated name in dist.
func bundle(dir string) (map[string][]byte, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("couldn't find %s: %w", dir, err)
	}
	if _, err := os.Stat(filepath.Join(abs, "node_modules")); err != nil {
		return nil, fmt.Errorf("%s has no node_modules: run `make deps`, or `npm ci` there", dir)
	}
	out := filepath.Join(abs, "dist")
	res := api.Build(api.BuildOptions{
		AbsWorkingDir:       abs,
		EntryPointsAdvanced: []api.EntryPoint{{InputPath: "src/main.ts", OutputPath: "app"}},
		Outdir:              out,
		Bundle:              true,
		Format:              api.FormatESModule,
		Target:              api.ES2022,
		Platform:            api.PlatformBrowser,
		JSX:                 api.JSXAutomatic,
		JSXImportSource:     "preact",
		MinifyWhitespace:    true,
		MinifyIdentifiers:   true,
		MinifySyntax:        true,
		Charset:             api.CharsetUTF8,
		LegalComments:       api.LegalCommentsLinked,
		AssetNames:          "fonts/[name]-[hash]",
		Loader: map[string]api.Loader{
			".woff2": api.LoaderFile,
			".svg":   api.LoaderFile,
			".png":   api.LoaderFile,
			".wav":   api.LoaderFile,
		},
		Define:   map[string]string{"process.env.NODE_ENV": `"production"`},
		LogLevel: api.LogLevelSilent,
	})
	for _, kind := range []struct {
		messages []api.Message
		is       api.MessageKind
	}{{res.Warnings, api.WarningMessage}, {res.Errors, api.ErrorMessage}} {
		for _, text := range api.FormatMessages(kind.messages, api.FormatMessagesOptions{Kind: kind.is}) {
			fmt.Fprint(os.Stderr, text)
		}
	}
	if n := len(res.Errors); n > 0 {
		return nil, fmt.Errorf("couldn't bundle the console: %d errors, printed above", n)
	}
	files := make(map[string][]byte, len(res.OutputFiles))
	for _, f := range res.OutputFiles {
		rel, err := filepath.Rel(out, f.Path)
		if err != nil {
			return nil, fmt.Errorf("couldn't place %s: %w", f.Path, err)
		}
		files[filepath.ToSlash(rel)] = f.Contents
	}
	return files, nil
}

// copied adds what is served as it stands: the page, and web/assets but for its
// style sheets, which main.ts imports.
func copied(dir string, files map[string][]byte) error {
	page, err := os.ReadFile(filepath.Join(dir, "src", "index.html"))
	if err != nil {
		return fmt.Errorf("couldn't read the page: %w", err)
	}
	files["index.html"] = page
	assets := filepath.Join(dir, "assets")
	err = filepath.WalkDir(assets, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".css") || strings.HasSuffix(path, ".md") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = data
		return err
	})
	if err != nil {
		return fmt.Errorf("couldn't copy assets: %w", err)
	}
	return nil
}

// empty removes what an earlier build left in dist.
func empty(dist string) error {
	old, err := os.ReadDir(dist)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("couldn't list %s: %w", dist, err)
	}
	for _, e := range old {
		if e.Name() == placeholder {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dist, e.Name())); err != nil {
			return fmt.Errorf("couldn't clear %s: %w", dist, err)
		}
	}
	return nil
}

// report prints what a browser will fetch, plain and gzipped.
func report(files map[string][]byte, verbose bool) error {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	var plain, packed int
	for _, name := range names {
		n, err := gzipped(files[name])
		if err != nil {
			return err
		}
		plain += len(files[name])
		packed += n
		if verbose || name == "app.js" || name == "app.css" {
			fmt.Printf("  %-44s %5d kB, %4d kB gzipped\n", name, kb(len(files[name])), kb(n))
		}
	}
	fmt.Printf("console: %d files, %d kB, %d kB gzipped, in web/dist\n", len(files), kb(plain), kb(packed))
	return nil
}

func kb(n int) int { return (n + 999) / 1000 }

func gzipped(data []byte) (int, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		return 0, fmt.Errorf("couldn't measure: %w", err)
	}
	if err := w.Close(); err != nil {
		return 0, fmt.Errorf("couldn't measure: %w", err)
	}
	return b.Len(), nil
}
