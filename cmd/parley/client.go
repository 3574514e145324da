package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"parley/party"
)

// client speaks to the running node of a data folder, over loopback.
type client struct {
	base    string
	token   string
	officer string // Parley-Officer, when signed on
	http    *http.Client
}

const maxAnswer = 64 << 20 // a picture of a long evening; a bundle is not bounded by it

// dial finds the running node of the folder. It does not call it.
func (f folder) dial() (*client, error) {
	if err := f.made(); err != nil {
		return nil, err
	}
	r, err := f.running()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noNode(f, "no node is running on %s", f.path)
	}
	if err != nil {
		return nil, err
	}
	return f.dialAt(r)
}

func (f folder) dialAt(r runFile) (*client, error) {
	b, err := readBounded(f.at("api.token"), 1024)
	if err != nil {
		return nil, failed("It is made by parley init, and readable only by the account that made it.", "couldn't read the node's token: %w", err)
	}
	return &client{base: r.API, token: strings.TrimSpace(string(b)), http: &http.Client{Timeout: 60 * time.Second}}, nil
}

func noNode(f folder, format string, args ...any) error {
	return &failure{code: exitNoNode, err: fmt.Errorf(format, args...), remedy: "Start it: parley serve --data " + f.path}
}

// refusal is the body of an answer that is not 200.
type refusal struct {
	Error  string `json:"error"`
	Field  string `json:"field"`
	Remedy string `json:"remedy"`
}

// call sends body (nil: none; []byte: octets; else JSON) and reads the answer
// into out (nil: passed over; *[]byte: as it is; io.Writer: copied).
func (c *client) call(ctx context.Context, method, path string, body, out any) error {
	var r io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case []byte:
		r, kind = bytes.NewReader(b), "application/octet-stream"
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("couldn't write the request: %w", err)
		}
		r, kind = bytes.NewReader(text), "application/json"
	}
	resp, err := c.do(ctx, method, path, kind, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch o := out.(type) {
	case nil:
		return nil
	case io.Writer:
		if _, err := io.Copy(o, resp.Body); err != nil {
			return fmt.Errorf("couldn't read the node's answer: %w", err)
		}
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("couldn't read the node's answer: %w", err)
	}
	if len(b) > maxAnswer {
		return fmt.Errorf("couldn't read the node's answer: more than %d bytes", maxAnswer)
	}
	if raw, ok := out.(*json.RawMessage); ok {
		*raw = b
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("couldn't read the node's answer to %s: %w", path, err)
	}
	return nil
}

func (c *client) do(ctx context.Context, method, path, kind string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("couldn't make the request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if c.officer != "" {
		req.Header.Set("Parley-Officer", c.officer)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, &failure{code: exitNoNode, err: fmt.Errorf("the node at %s does not answer: %w", c.base, err),
			remedy: "Is it running? parley doctor finds out."}
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	var why refusal
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if json.Unmarshal(b, &why) != nil || why.Error == "" {
		why.Error = "it answered " + resp.Status
	}
	if why.Field != "" && !strings.Contains(why.Error, why.Field) {
		why.Error = why.Field + ": " + why.Error
	}
	return nil, &failure{code: exitRefused, err: fmt.Errorf("the node refused: %s", why.Error), remedy: why.Remedy}
}

// signOn unlocks the officer's key at the node, for this program's calls. An
// officer who is signed on already (with the token) need not do it again; but a
// passphrase that was given in a file is tried all the same, so that a wrong one
// is never passed over in silence.
func (c *client) signOn(ctx context.Context, sh *shell, f folder, officer string, files []string) error {
	who, err := pickOfficer(f, officer)
	if err != nil {
		return err
	}
	return c.signOnAs(ctx, sh, who, files)
}

func (c *client) signOnAs(ctx context.Context, sh *shell, who string, files []string) error {
	if len(files) == 0 {
		c.officer = who
		var session struct {
			Officer string `json:"officer"`
		}
		if err := c.call(ctx, "GET", "/v1/session", nil, &session); err == nil && session.Officer == who {
			return nil
		}
	}
	c.officer = ""
	pass, err := passphrases{sh: sh, files: files}.of(who, false)
	if err != nil {
		return err
	}
	if err := c.call(ctx, "POST", "/v1/sign-on", map[string]string{"officer": who, "passphrase": pass}, nil); err != nil {
		return err
	}
	c.officer = who
	return nil
}

// pickOfficer is the officer given, or the only one of the party.
func pickOfficer(f folder, officer string) (string, error) {
	if officer != "" {
		_, err := f.officerFile(officer)
		return officer, err
	}
	all := f.officers()
	if len(all) == 1 {
		return all[0], nil
	}
	return "", usage("Give --officer ID; this party has: "+strings.Join(all, ", "), "who says it? --officer is missing")
}

// pickChief is the officer given, or the only chief whose key is here: for what
// a chief signs.
func pickChief(f folder, officer string) (string, error) {
	if officer != "" {
		return pickOfficer(f, officer)
	}
	card, err := f.card()
	if err != nil {
		return "", err
	}
	here := f.officers()
	var chiefs []string
	for _, o := range card.Officers {
		if o.Has(party.Chief) && slices.Contains(here, o.ID) {
			chiefs = append(chiefs, o.ID)
		}
	}
	if len(chiefs) == 1 {
		return chiefs[0], nil
	}
	return "", usage("Give --officer ID; the chiefs whose keys are here: "+none(chiefs), "which chief signs? --officer is missing")
}

// event is one server-sent event.
type event struct {
	id, name, data string
}

// events follows the node's stream until ctx ends or the stream breaks.
func (c *client) events(ctx context.Context, last string, on func(event)) error {
	stream := &client{base: c.base, token: c.token, http: &http.Client{}}
	req, err := http.NewRequestWithContext(ctx, "GET", c.base+"/v1/events", nil)
	if err != nil {
		return fmt.Errorf("couldn't make the request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+stream.token)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := stream.http.Do(req)
	if err != nil {
		return &failure{code: exitNoNode, err: fmt.Errorf("the node at %s does not answer: %w", c.base, err), remedy: "Is it running? parley doctor finds out."}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return &failure{code: exitRefused, err: fmt.Errorf("the node refused the stream of events: %s", resp.Status)}
	}
	lines := bufio.NewScanner(io.Reader(resp.Body))
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	var e event
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "":
			if lines.Text() == "" && (e.data != "" || e.name != "") {
				on(e)
				e = event{}
			}
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data += value
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("the stream of events broke: %w", err)
	}
	return errors.New("the node closed the stream of events")
}
