package api

import (
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strings"
	"testing"
)

// spec is openapi.yaml, as far as holding answers against it needs.
type spec struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]*schema }
}

type operation struct {
	OperationID string `json:"operationId"`
	Responses   map[string]struct {
		Content map[string]struct{ Schema *schema }
	}
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 string
	Nullable             bool
	Enum                 []string
	Required             []string
	Properties           map[string]*schema
	AdditionalProperties json.RawMessage
	Items                *schema
	AllOf                []*schema
}

func readSpec(t testing.TB) *spec {
	t.Helper()
	var s spec
	if err := json.Unmarshal(Spec, &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// flat resolves a reference, and merges allOf into one object.
func (s *spec) flat(x *schema) *schema {
	for x.Ref != "" {
		x = s.Components.Schemas[strings.TrimPrefix(x.Ref, "#/components/schemas/")]
	}
	if len(x.AllOf) == 0 {
		return x
	}
	out := &schema{Type: "object", Properties: map[string]*schema{}}
	for _, part := range x.AllOf {
		p := s.flat(part)
		out.Required = append(out.Required, p.Required...)
		for k, v := range p.Properties {
			out.Properties[k] = v
		}
	}
	return out
}

// problems says where v is not what x describes. An object with properties may
// have no others: a field that the document does not know is a fault here, even
// where openapi.yaml cannot say so because of allOf.
func (s *spec) problems(at string, x *schema, v any) (bad []string) {
	x = s.flat(x)
	no := func(format string, args ...any) { bad = append(bad, at+": "+fmt.Sprintf(format, args...)) }
	if v == nil {
		if !x.Nullable {
			no("null")
		}
		return bad
	}
	switch x.Type {
	case "object":
		o, ok := v.(map[string]any)
		if !ok {
			no("%T, want an object", v)
			return bad
		}
		for _, r := range x.Required {
			if _, ok := o[r]; !ok {
				no("%s is missing", r)
			}
		}
		names := make([]string, 0, len(o))
		for k := range o {
			names = append(names, k)
		}
		sort.Strings(names)
		for _, k := range names {
			if p, ok := x.Properties[k]; ok {
				bad = append(bad, s.problems(at+"."+k, p, o[k])...)
				continue
			}
			var more schema
			switch {
			case len(x.Properties) == 0 && len(x.AdditionalProperties) == 0:
			case json.Unmarshal(x.AdditionalProperties, &more) == nil && more.Type != "":
				bad = append(bad, s.problems(at+"."+k, &more, o[k])...)
			case string(x.AdditionalProperties) == "true":
			default:
				no("%s is not in openapi.yaml", k)
			}
		}
	case "array":
		a, ok := v.([]any)
		if !ok {
			no("%T, want an array", v)
		}
		for i, e := range a {
			bad = append(bad, s.problems(fmt.Sprintf("%s[%d]", at, i), x.Items, e)...)
		}
	case "string":
		text, ok := v.(string)
		if !ok {
			no("%v, want a string", v)
		}
		known := len(x.Enum) == 0
		for _, e := range x.Enum {
			known = known || e == text
		}
		if !known {
			no("%q is none of %v", text, x.Enum)
		}
	case "integer", "number":
		n, ok := v.(float64)
		if !ok || x.Type == "integer" && n != math.Trunc(n) {
			no("%v, want %s", v, x.Type)
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			no("%v, want true or false", v)
		}
	}
	return bad
}

// conforms holds an answer against what openapi.yaml says of it.
func (s *spec) conforms(t testing.TB, method, path string, status int, body []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Errorf("%s %s: the answer is no JSON: %v: %.200s", method, path, err, body)
		return
	}
	x := s.Components.Schemas["Problem"]
	if status == 200 {
		x = s.Paths[path][strings.ToLower(method)].Responses["200"].Content["application/json"].Schema
	}
	for _, p := range s.problems("answer", x, v) {
		t.Errorf("%s %s: %s", method, path, p)
	}
}

func TestEveryPathIsKnownToTheMetricsAndEveryBodyIsReadStrictly(t *testing.T) {
	s := readSpec(t)
	for path, ops := range s.Paths {
		if !known[path] {
			t.Errorf("%s is not among the paths that are counted", path)
		}
		if _, posts := ops["post"]; posts && path != "/v1/lines" && bodies["POST "+path] == nil {
			t.Errorf("POST %s has no strict reading of its body", path)
		}
	}
	for path := range known {
		if s.Paths[path] == nil {
			t.Errorf("%s is counted but not in openapi.yaml", path)
		}
	}
}

func TestNoFieldOfTheAPIIsForTargeting(t *testing.T) {
	s := readSpec(t)
	for name, x := range s.Components.Schemas {
		for field := range s.flat(x).Properties {
			for _, word := range []string{"target", "weapon", "aim", "priority_value", "strike", "engage"} {
				if strings.Contains(strings.ToLower(field), word) && field != "claimed" {
					t.Errorf("%s.%s looks like a field for targeting", name, field)
				}
			}
		}
	}
}
