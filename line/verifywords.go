package line

import (
	"fmt"
	"strings"
)

// Words gives the verdict in plain sentences, a line each, for a reader who
// knows neither trees nor hashes.
func (v Verdict) Words() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if v.Charters == 0 {
		line("Nothing could be verified.")
	} else {
		line("Line %s (%x), parties %s; %s, each signed by a chief of every party.",
			v.Name, v.Line[:8], joined(v.Parties), count(v.Charters, "charter"))
		if v.Holder != "" {
			line("This is the copy that %s holds.", v.Holder)
		}
	}
	for _, l := range v.Logs {
		if l.To == 0 {
			line("%s: empty.", l.Log)
			continue
		}
		line("%s: entries %d to %d, numbered without a gap; %d of them open with a true signature; %s by %s.",
			l.Log, l.From, l.To, l.Opened, count(l.Checkpoints, "signed checkpoint"), l.Party)
		for _, r := range l.Receipted {
			line("  %s has signed that it durably holds entries 1 to %d; that receipt is of %s by its own clock.", r.By, r.Size, r.At)
		}
		if l.Unreceipted > 0 {
			line("  For the last %s, a mirror's receipt is not in this copy.", count(int(l.Unreceipted), "entry"))
		}
	}
	for _, p := range v.Remarks {
		line("Remark: %s.", p)
	}
	for _, p := range v.Problems {
		line("PROBLEM: %s.", p)
	}
	if v.LeftOut > 0 {
		line("%d more are not listed.", v.LeftOut)
	}
	if v.OK {
		line("VERIFIED: %s, %s and %s hold; nothing in this copy contradicts itself.",
			count(v.Records, "record"), count(v.Checkpoints, "checkpoint"), count(v.Receipts, "receipt"))
	} else {
		line("NOT VERIFIED: %s.", count(len(v.Problems), "problem"))
	}
	return b.String()
}

func joined[T ~string](list []T) string {
	s := make([]string, len(list))
	for i, x := range list {
		s[i] = string(x)
	}
	if len(s) < 2 {
		return strings.Join(s, "")
	}
	return strings.Join(s[:len(s)-1], ", ") + " and " + s[len(s)-1]
}

// count gives "1 entry", "2 entries".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if s, ok := strings.CutSuffix(what, "y"); ok {
		return fmt.Sprintf("%d %sies", n, s)
	}
	return fmt.Sprintf("%d %ss", n, what)
}
