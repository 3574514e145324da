// Command gen writes an OpenAPI file in YAML as JSON, for programs and tests
// that should need no YAML reader:
//
//	go run . in.yaml out.json
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"gopkg.in/yaml.v3"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "gen: want two arguments, in.yaml and out.json")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	b, err := os.ReadFile(in)
	if err != nil {
		return fmt.Errorf("couldn't read %s: %w", in, err)
	}
	var v any
	if err := yaml.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("couldn't read %s: %w", in, err)
	}
	drop(v)
	if b, err = json.MarshalIndent(v, "", " "); err != nil {
		return fmt.Errorf("couldn't write %s: %w", out, err)
	}
	return os.WriteFile(out, append(b, '\n'), 0o644)
}

// drop takes out what only the Go generator reads.
func drop(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "x-go-type")
		delete(v, "x-go-type-import")
		for _, w := range v {
			drop(w)
		}
	case []any:
		for _, w := range v {
			drop(w)
		}
	}
}
