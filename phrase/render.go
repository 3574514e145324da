package phrase

import (
	"fmt"
	"strings"

	"parley/utc"
)

// Render is Pack().Render.
func Render(code string, params [][2]string, lang string) (string, error) {
	return pack.Render(code, params, lang)
}

// Render gives the phrase in words. A language that the pack lacks is rendered
// in English. There are always words to show: a code that is not in the book
// becomes "unknown phrase CODE (name=value …)" and is no error; where the values
// do not fit the phrase, they are shown as they came and the error says why.
func (b *Book) Render(code string, params [][2]string, lang string) (string, error) {
	e, ok := b.byCode[code]
	if !ok {
		return "unknown phrase " + code + raw(params), nil
	}
	text, ok := e.Text[lang]
	if !ok {
		text = e.Text["en"]
	}
	err := b.Validate(code, params)
	values, extra := map[string]string{}, [][2]string(nil)
	for _, p := range params {
		spec, ok := e.spec(p[0])
		if _, twice := values[p[0]]; !ok || twice {
			extra = append(extra, p)
			continue
		}
		values[p[0]] = shown(spec.Type, p[1])
	}
	words := fill(text, values)
	if e.Twice {
		words += " I say again: " + words
	}
	return words + raw(extra), err
}

// shown gives a value as a person reads it.
func shown(t Type, v string) string {
	switch t {
	case Time:
		if at, err := utc.Parse(v); err == nil {
			return at.Clock() + " on " + at.Std().Format("2 January 2006")
		}
	case Minutes:
		if v == "1" {
			return "1 minute"
		}
		return v + " minutes"
	}
	return v
}

// raw gives values that belong to no known place in a sentence.
func raw(params [][2]string) string {
	if len(params) == 0 {
		return ""
	}
	parts := make([]string, len(params))
	for i, p := range params {
		parts[i] = p[0] + "=" + p[1]
	}
	return " (" + strings.Join(parts, " ") + ")"
}

// fill puts values into a wording. A part in [ ] is left out where a value in
// it is not given; elsewhere a missing value shows as "(area?)".
func fill(text string, values map[string]string) string {
	var out strings.Builder
	for text != "" {
		open := strings.IndexByte(text, '[')
		if open < 0 {
			s, _ := put(text, values)
			return out.String() + s
		}
		end := strings.IndexByte(text, ']') // the packs are tested to close what they open
		s, _ := put(text[:open], values)
		out.WriteString(s)
		if s, all := put(text[open+1:end], values); all {
			out.WriteString(s)
		}
		text = text[end+1:]
	}
	return out.String()
}

func put(text string, values map[string]string) (s string, all bool) {
	var out strings.Builder
	all = true
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			out.WriteString(text)
			return out.String(), all
		}
		end := strings.IndexByte(text, '}')
		out.WriteString(text[:open])
		name := text[open+1 : end]
		if v, ok := values[name]; ok {
			out.WriteString(v)
		} else {
			all = false
			fmt.Fprintf(&out, "(%s?)", name)
		}
		text = text[end+1:]
	}
}
