// Command licenses collects the licences of everything that bin/parley carries:
// the Go modules that cmd/parley links, the npm packages that the console
// bundles, and the data. It writes cmd/parley/licenses.txt, which is committed
// and embedded. Run it by `make generate`, after `make deps`.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

const data = `Natural Earth (coast and borders): public domain.
`

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

func run() error {
	var b strings.Builder
	b.WriteString("Parley is under the Apache License 2.0. It carries, with thanks:\n")
	if err := modules(&b); err != nil {
		return err
	}
	if err := packages(&b); err != nil {
		return err
	}
	b.WriteString(head("Data") + data)
	return os.WriteFile("cmd/parley/licenses.txt", []byte(b.String()), 0o644)
}

func head(title string) string {
	return "\n" + strings.Repeat("=", 78) + "\n" + title + "\n" + strings.Repeat("=", 78) + "\n"
}

// modules are those that a build for Linux links.
func modules(b *strings.Builder) error {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/parley")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("couldn't list the modules: %w", err)
	}
	seen := map[string]bool{}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	sort.Strings(lines)
	for _, l := range append(lines, "the Go standard library\t\t"+goroot()) {
		f := strings.Split(l, "\t")
		if len(f) != 3 || seen[l] {
			continue
		}
		seen[l] = true
		if err := texts(b, strings.TrimSpace(f[0]+" "+f[1]), f[2]); err != nil {
			return err
		}
	}
	return nil
}

func goroot() string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// packages are the npm packages that are not for development only.
func packages(b *strings.Builder) error {
	raw, err := os.ReadFile("web/package-lock.json")
	if err != nil {
		return err
	}
	var lock struct {
		Packages map[string]struct {
			Version string
			Dev     bool
			DevOpt  bool `json:"devOptional"`
			Opt     bool `json:"optional"`
		}
	}
	if err := json.Unmarshal(raw, &lock); err != nil {
		return fmt.Errorf("web/package-lock.json: %w", err)
	}
	var names []string
	for name, p := range lock.Packages {
		if name != "" && !p.Dev && !p.DevOpt && !p.Opt {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		title := strings.TrimPrefix(name, "node_modules/") + " " + lock.Packages[name].Version + " (in the console)"
		if err := texts(b, title, filepath.Join("web", name)); err != nil {
			return err
		}
	}
	return nil
}

// texts copies every licence and notice in a folder.
func texts(b *strings.Builder, title, dir string) error {
	all, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%s: %w; run make deps", title, err)
	}
	found := false
	for _, e := range all {
		upper := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(upper, "LICEN") && !strings.HasPrefix(upper, "NOTICE") && !strings.HasPrefix(upper, "COPYING") || strings.HasSuffix(upper, ".GO") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		b.WriteString(head(title + "  " + e.Name()))
		b.WriteString(strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")) + "\n")
		found = true
	}
	if !found {
		raw, err := os.ReadFile(filepath.Join(dir, "package.json"))
		if err != nil {
			return fmt.Errorf("%s: no licence in %s", title, filepath.Base(dir))
		}
		var p struct{ License string }
		if json.Unmarshal(raw, &p) != nil || p.License == "" {
			return fmt.Errorf("%s: no licence", title)
		}
		b.WriteString(head(title) + "Licence, as its package says: " + p.License + "\n")
	}
	return nil
}
