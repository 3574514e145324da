package picture

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"parley/party"
	"parley/record"
)

// FormatID names the record at ref on the line called line: "IL-RU/IL/urgent/12"
// is the twelfth of IL's urgent records, "IL-RU/IL/urgent~2/1" the first of its
// second incarnation. The leaf hash is not part of the name.
func FormatID(line string, ref record.Ref) ID {
	var b strings.Builder
	b.Grow(len(line) + len(ref.Party) + 24)
	b.WriteString(line)
	b.WriteByte('/')
	b.WriteString(string(ref.Party))
	b.WriteByte('/')
	b.WriteString(laneName(ref.Lane))
	if ref.Incarnation != 1 {
		b.WriteByte('~')
		b.WriteString(strconv.FormatUint(uint64(ref.Incarnation), 10))
	}
	b.WriteByte('/')
	b.WriteString(strconv.FormatUint(ref.Index+1, 10))
	return ID(b.String())
}

// ParseID reads what FormatID writes, and nothing else: no leading zeros, no
// "~1". The Ref has no leaf hash.
func ParseID(id ID) (line string, ref record.Ref, err error) {
	bad := func(what string) (string, record.Ref, error) {
		return "", record.Ref{}, fmt.Errorf("couldn't read record name %.80q: %s; want LINE/PARTY/lane/NUMBER such as IL-RU/IL/urgent/12", string(id), what)
	}
	if len(id) > 256 {
		return bad("longer than 256 bytes")
	}
	parts := strings.Split(string(id), "/")
	if len(parts) < 4 {
		return bad("too few parts")
	}
	n := len(parts)
	line = strings.Join(parts[:n-3], "/")
	if line == "" || parts[n-3] == "" {
		return bad("no line or no party")
	}
	ref.Party = party.ID(parts[n-3])
	lane, inc, has := strings.Cut(parts[n-2], "~")
	switch lane {
	case "urgent":
		ref.Lane = record.Urgent
	case "routine":
		ref.Lane = record.Routine
	default:
		return bad("lane is neither urgent nor routine")
	}
	ref.Incarnation = 1
	if has {
		k, err := strconv.ParseUint(inc, 10, 32)
		if err != nil || k < 2 {
			return bad("incarnation after ~ is not a number from 2")
		}
		ref.Incarnation = uint32(k)
	}
	k, err := strconv.ParseUint(parts[n-1], 10, 64)
	if err != nil || k == 0 {
		return bad("number is not a whole number from 1")
	}
	ref.Index = k - 1
	if FormatID(line, ref) != id {
		return bad("not in its one form")
	}
	return line, ref, nil
}

func laneName(l record.Lane) string {
	switch l {
	case record.Urgent:
		return "urgent"
	case record.Routine:
		return "routine"
	}
	return "lane" + strconv.Itoa(int(l))
}

// shortLine names a line whose charter we do not have.
func shortLine(l record.LineID) string { return hex.EncodeToString(l[:6]) }
