package picture

import (
	"fmt"
	"strings"

	"parley/phrase"
	"parley/record"
	"parley/volume"
)

// words says a record in one calm line of English. Nothing of it is inferred:
// it is what the record states.
func words(r *record.Record) string {
	switch r.Kind {
	case record.KindCharter:
		return "The line's charter, signed by all."
	case record.KindNotice:
		if n, ok := bodyOf[record.Notice](r); ok {
			return noticeWords(n)
		}
	case record.KindAck:
		if a, ok := bodyOf[record.Ack](r); ok {
			return ackWords(a)
		}
	case record.KindSay:
		if s, ok := bodyOf[record.Say](r); ok {
			return sayWords(s)
		}
	case record.KindRelay:
		if x, ok := bodyOf[record.Relay](r); ok {
			return relayWords(x)
		}
	case record.KindOpening:
		if o, ok := bodyOf[record.Opening](r); ok {
			if o.Origin != nil {
				return "Opens where a relay came from."
			}
			return "Opens the closed part " + Quote(o.Label) + "."
		}
	case record.KindReceived:
		if x, ok := bodyOf[record.Received](r); ok {
			return receivedWords(x)
		}
	case record.KindClose:
		if c, ok := bodyOf[record.Close](r); ok {
			s := "Leaves the line: " + sentence(c.Text)
			if len(c.Duties) > 0 {
				s += " Left open: " + sentence(strings.Join(c.Duties, "; "))
			}
			return s
		}
	case record.KindFinding:
		if x, ok := bodyOf[record.Finding](r); ok {
			return fmt.Sprintf("Finding on %s: %s. %s", x.Party, strings.ReplaceAll(x.What, "-", " "), x.Text)
		}
	}
	return homeWords(r)
}

func homeWords(r *record.Record) string {
	switch r.Kind {
	case record.KindPlan:
		if p, ok := bodyOf[record.Plan](r); ok {
			if p.Ended {
				return "The plan " + Quote(p.Name) + " is over."
			}
			s := "Plan " + Quote(p.Name) + ": " + count(len(p.Legs), "leg")
			if n := len(p.Legs); n > 0 {
				s += ", " + p.Legs[0].Depart.Clock() + " to " + p.Legs[n-1].Arrive.Clock()
			}
			return s + "."
		}
	case record.KindAlert:
		if a, ok := bodyOf[record.Alert](r); ok {
			return a.Why
		}
	case record.KindEnd:
		if x, ok := bodyOf[record.End](r); ok {
			return "The alert has ended: " + x.Reason
		}
	case record.KindWatch:
		if w, ok := bodyOf[record.Watch](r); ok {
			switch w.Act {
			case "take":
				return "Takes the watch."
			case "hand-over":
				return "Hands the watch over to " + w.To + ", " + count(len(w.Open), "open item") + "."
			case "leave":
				return "Leaves the watch."
			}
			return "Watch: " + w.Act + "."
		}
	case record.KindKept:
		return "Keeps where a relay comes from, to be opened later."
	case record.KindMinute:
		if m, ok := bodyOf[record.Minute](r); ok {
			return fmt.Sprintf("Recorded minute from %s: %d reports of %s.", m.From.Clock(), m.Reports, count(int(m.Tracks), "track"))
		}
	}
	return "A record of kind " + Quote(string(r.Kind)) + "."
}

// ClassWords is how a notice's class is said: "Hazard area".
func ClassWords(c record.Class) string {
	switch c {
	case record.TestActivity:
		return "Test"
	case record.Accident:
		return "Accident, not hostile"
	case record.Distress:
		return "Distress, search and rescue"
	case record.Electromagnetic:
		return "Electromagnetic activity"
	}
	s := strings.ReplaceAll(string(c), "-", " ")
	if s == "" {
		return "Notice"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// BandWords says a band: "SFC to FL300", "FL100 and above".
func BandWords(b volume.Band) string {
	if b.Unlimited {
		return HeightWords(b.Lower) + " and above"
	}
	return HeightWords(b.Lower) + " to " + HeightWords(b.Upper)
}

// HeightWords says a height: "SFC", "FL300", "5000 ft AMSL".
func HeightWords(a volume.Altitude) string {
	switch {
	case a.Feet == 0 && a.Datum == volume.AGL:
		return "SFC"
	case a.Datum == volume.FL && a.Feet >= 0 && a.Feet%100 == 0:
		return a.String()
	}
	return fmt.Sprintf("%d ft %s", a.Feet, a.Datum)
}

// VolumeWords says a volume's heights and window: "FL000 to FL300, 18:40:00Z to
// 19:30:00Z". A window of more than a day is said with dates.
func VolumeWords(v volume.Volume) string {
	return BandWords(v.Band) + ", " + WindowWords(v.Window)
}

// WindowWords says a window in UTC, with dates where it spans more than a day.
func WindowWords(w volume.Window) string {
	if w.To.Sub(w.From).Hours() > 24 {
		return w.From.String() + " to " + w.To.String()
	}
	return w.From.Clock() + " to " + w.To.Clock()
}

func noticeWords(n record.Notice) string {
	var b strings.Builder
	b.WriteString(ClassWords(n.Class))
	if n.Place != "" {
		b.WriteString(" at " + Quote(n.Place))
	}
	switch len(n.Volumes) {
	case 0:
		if n.Class != record.Cancellation && n.Class != record.Correction {
			b.WriteString(", without an area")
		}
	case 1:
		b.WriteString(": " + VolumeWords(n.Volumes[0]))
	default:
		b.WriteString(": " + count(len(n.Volumes), "volume") + ", the first " + VolumeWords(n.Volumes[0]))
	}
	b.WriteByte('.')
	if n.Text != "" {
		b.WriteString(" " + oneLine(n.Text))
	}
	if n.Late != "" {
		b.WriteString(" Reason for the short lead: " + oneLine(n.Late))
	}
	return b.String()
}

// LevelWords is how a level of acknowledgement is said.
func LevelWords(l record.Level) string {
	switch l {
	case record.LevelSeen:
		return "shown"
	case record.LevelRead:
		return "read by an officer"
	case record.LevelUnderstood:
		return "understood"
	case record.LevelRelayed:
		return "relayed"
	case record.LevelUnit:
		return "the unit confirms"
	case record.LevelNoObjection:
		return "no objection"
	case record.LevelObjection:
		return "objection"
	case record.LevelAlternative:
		return "alternative proposed"
	case record.LevelUnknown:
		return "unknown message"
	}
	return string(l)
}

func ackWords(a record.Ack) string {
	s := LevelWords(a.Level)
	switch a.Level {
	case record.LevelRelayed:
		s = "relayed to unit " + Quote(a.Unit)
	case record.LevelUnit:
		s = "unit " + Quote(a.Unit) + " confirms"
	case record.LevelUnderstood:
		if len(a.ReadBack) > 0 {
			s += ", read back: " + oneLine(strings.Join(a.ReadBack, "; "))
		} else {
			s += ", without read-back"
		}
	case record.LevelAlternative:
		if len(a.Alternative) > 0 {
			s += ": " + VolumeWords(a.Alternative[0])
		}
	}
	if !a.At.IsZero() {
		s += " at " + a.At.Clock()
	}
	if a.Reason != "" {
		s += ": " + oneLine(a.Reason)
	}
	if s != "" {
		s = sentence(strings.ToUpper(s[:1]) + s[1:])
	}
	if a.Text != "" {
		s += " " + oneLine(a.Text)
	}
	return s
}

func sayWords(s record.Say) string {
	var parts []string
	if s.Phrase != nil {
		parts = append(parts, PhraseWords(*s.Phrase))
	}
	if s.Text != "" {
		parts = append(parts, oneLine(s.Text))
	}
	if len(s.Volumes) > 0 {
		parts = append(parts, "Area: "+VolumeWords(s.Volumes[0])+".")
	}
	return strings.Join(parts, " ")
}

func relayWords(r record.Relay) string {
	parts := []string{"Relay:"}
	if r.Unit != "" {
		parts[0] = "Relay for unit " + Quote(r.Unit) + ":"
	}
	for _, p := range r.Phrases {
		parts = append(parts, PhraseWords(p))
	}
	if r.Text != "" {
		parts = append(parts, oneLine(r.Text))
	}
	if len(r.Volumes) > 0 {
		parts = append(parts, "Area: "+VolumeWords(r.Volumes[0])+".")
	}
	return strings.Join(parts, " ")
}

func receivedWords(r record.Received) string {
	var parts []string
	for _, h := range r.Heads {
		parts = append(parts, fmt.Sprintf("%s %s up to %d", h.Party, laneName(h.Lane), h.Size))
	}
	return "Holds " + strings.Join(parts, ", ") + "."
}

// Quote puts a text of others in quotation marks, on one line.
func Quote(s string) string { return "\u201c" + oneLine(s) + "\u201d" }

// sentence puts a text of others on one line and ends it with a full stop, if
// it has no end of its own.
func sentence(s string) string {
	s = oneLine(s)
	for _, end := range []string{".", "!", "?", "\u2026"} {
		if strings.HasSuffix(s, end) {
			return s
		}
	}
	return s + "."
}

// oneLine puts a text of others on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// PhraseWords renders a phrase of the phrasebook in English. An unknown phrase
// is shown by its code and values.
func PhraseWords(p record.Phrase) string {
	params := make([][2]string, len(p.Params))
	for i, q := range p.Params {
		params[i] = [2]string{q.Name, q.Value}
	}
	s, err := phrase.Render(p.Code, params, "en")
	if err != nil && s == "" {
		s = "unknown phrase " + p.Code
	}
	return oneLine(s)
}
