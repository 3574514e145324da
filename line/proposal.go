package line

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"parley/record"
)

// Bounds of a proposal.
const (
	MaxProposal = 1 << 20 // bytes of the file
	maxChain    = 64      // revisions before the proposed one
)

const (
	proposalFirst = "PARLEY LINE PROPOSAL 1"
	proposalLast  = "END PARLEY LINE PROPOSAL"
	proposalWidth = 76 // characters of a base64 line
)

// proposalBody is what the base64 part holds.
type proposalBody struct {
	Charter    []byte                    `cbor:"1,keyasint"`
	Signatures []record.CharterSignature `cbor:"2,keyasint"`
	Chain      [][]byte                  `cbor:"3,keyasint"`
}

// MarshalProposal writes a proposal as text that a person can mail, or read
// over: header lines for people, the bytes in base64, and the fingerprint in
// words. The header is made from the bytes and cannot disagree with them.
func MarshalProposal(p Proposal) ([]byte, error) {
	st, err := p.Standing()
	if err != nil {
		return nil, err
	}
	enc, err := encMode.Marshal(proposalBody(p))
	if err != nil {
		return nil, fmt.Errorf("couldn't write the proposal: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", proposalFirst)
	fmt.Fprintf(&b, "Line: %s\n", st.Charter.Name)
	fmt.Fprintf(&b, "Revision: %d\n", st.Charter.Revision)
	fmt.Fprintf(&b, "Parties: %s\n", joinIDs(st.Charter.Parties()))
	fmt.Fprintf(&b, "Made: %s\n", st.Charter.Made)
	fmt.Fprintf(&b, "Exercise: %s\n", map[bool]string{true: "yes", false: "no"}[st.Charter.Exercise])
	fmt.Fprintf(&b, "Not signed yet: %s\n\n", joinIDs(st.Missing))
	text := base64.StdEncoding.EncodeToString(enc)
	for len(text) > 0 {
		n := min(len(text), proposalWidth)
		fmt.Fprintf(&b, "%s\n", text[:n])
		text = text[n:]
	}
	fmt.Fprintf(&b, "\nWords: %s\n%s\n", strings.Join(st.Words, " "), proposalLast)
	if b.Len() > MaxProposal {
		return nil, fmt.Errorf("couldn't write the proposal: %d bytes, at most %d", b.Len(), MaxProposal)
	}
	return []byte(b.String()), nil
}

func joinIDs[S ~string](ids []S) string {
	if len(ids) == 0 {
		return "nobody"
	}
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = string(id)
	}
	return strings.Join(s, ", ")
}

// ParseProposal reads what MarshalProposal writes. Line ends of CR LF and
// blank space round the whole, which mail adds, are taken off; everything else
// must be exactly what the bytes inside would be written as. Every signature
// and the chain are verified. It never signs and never trusts: Sign compares
// the card, people compare the words.
func ParseProposal(text []byte) (Proposal, error) {
	p, err := parseProposal(text)
	if err != nil {
		return Proposal{}, fmt.Errorf("couldn't read the proposal: %w", err)
	}
	return p, nil
}

func parseProposal(text []byte) (Proposal, error) {
	if len(text) > MaxProposal+MaxProposal/32 {
		return Proposal{}, fmt.Errorf("%d bytes, at most %d", len(text), MaxProposal)
	}
	text = bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	parts := strings.Split(string(text), "\n\n")
	if len(parts) != 3 {
		return Proposal{}, fmt.Errorf("want a header, a block of base64 and the words, with an empty line between; found %d parts", len(parts))
	}
	if first, _, _ := strings.Cut(parts[0], "\n"); first != proposalFirst {
		return Proposal{}, fmt.Errorf("the first line is %q, want %q", cut(first, 60), proposalFirst)
	}
	enc, err := base64.StdEncoding.Strict().DecodeString(strings.ReplaceAll(parts[1], "\n", ""))
	if err != nil {
		return Proposal{}, fmt.Errorf("the base64 part: %w", err)
	}
	var body proposalBody
	if err := decMode.Unmarshal(enc, &body); err != nil {
		return Proposal{}, fmt.Errorf("the base64 part: %w", err)
	}
	p := Proposal(body)
	if len(p.Signatures) == 0 {
		p.Signatures = nil
	}
	if len(p.Chain) == 0 {
		p.Chain = nil
	}
	again, err := MarshalProposal(p)
	if err != nil {
		return Proposal{}, err
	}
	if !bytes.Equal(bytes.TrimSpace(again), text) {
		return Proposal{}, errors.New("the text round the base64 part is not what belongs to it: " + firstDifference(string(text), string(again)))
	}
	return p, nil
}

// firstDifference names the first line in which two texts differ.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(strings.TrimSpace(want), "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			wanted := "nothing"
			if i < len(w) {
				wanted = cut(w[i], 80)
			}
			return fmt.Sprintf("line %d is %q, want %q", i+1, cut(g[i], 80), wanted)
		}
	}
	return "lines are missing at the end"
}
