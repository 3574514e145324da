package place

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"

	"parley/volume"
)

// MaxName is the longest name or phrase that is looked at, in bytes; the rest
// is not read.
const MaxName = 256

// index is the list made ready: every place by the plain and by the sounded
// form of each of its names.
type index struct {
	places []Place
	plain  map[string][]int
	sound  map[string][]int
}

var load = sync.OnceValue(func() *index {
	x := &index{plain: map[string][]int{}, sound: map[string][]int{}}
	add := func(m map[string][]int, k string, i int) {
		if k != "" && !slices.Contains(m[k], i) {
			m[k] = append(m[k], i)
		}
	}
	for i, e := range list {
		x.places = append(x.places, Place{e.name, e.kind, e.country, volume.Deg(e.lat, e.lon), e.km * 1000, e.also})
		for _, n := range append([]string{e.name}, e.also...) {
			t := tokens(n)
			add(x.plain, strings.Join(t, ""), i)
			add(x.sound, sounded(t), i)
		}
	}
	return x
})

// All gives the whole list, as a copy.
func All() []Place {
	out := slices.Clone(load().places)
	for i := range out {
		out[i].Also = slices.Clone(out[i].Also)
	}
	return out
}

// Lookup finds a place by name. Case, diacritics, hyphens, apostrophes, Arabic
// articles and the usual differences of transliteration do not matter ("Dayr
// az-Zawr", "DEIR EZZOR"). A spelling that could be two places finds neither;
// Candidates gives both.
func Lookup(name string) (Place, bool) {
	c := Candidates(name)
	if len(c) != 1 {
		return Place{}, false
	}
	return c[0], true
}

// Candidates gives every place that a name may mean. The exact spelling wins
// over a sound-alike: "Banias" is the springs and not Baniyas on the coast.
func Candidates(name string) []Place {
	return load().find(tokens(name))
}

func (x *index) find(t []string) []Place {
	hits := x.plain[strings.Join(t, "")]
	if len(hits) == 0 {
		hits = x.sound[sounded(t)]
	}
	var out []Place
	for _, i := range hits {
		out = append(out, x.places[i])
	}
	return out
}

// Suggest gives up to three places whose names look most like one that was not
// found, best first; nothing if none is near enough to be meant.
func Suggest(name string) []Place {
	want := []rune(sounded(tokens(name)))
	if len(want) < 3 || len(want) > 40 {
		return nil
	}
	type near struct{ place, edits int }
	best := map[int]int{}
	x := load()
	for k, hits := range x.sound {
		d := edits(want, []rune(k))
		if d > 1+len(want)/5 {
			continue
		}
		for _, i := range hits {
			if old, ok := best[i]; !ok || d < old {
				best[i] = d
			}
		}
	}
	var all []near
	for i, d := range best {
		all = append(all, near{i, d})
	}
	slices.SortFunc(all, func(a, b near) int { return cmp.Or(a.edits-b.edits, a.place-b.place) })
	var out []Place
	for _, n := range all[:min(3, len(all))] {
		out = append(out, x.places[n.place])
	}
	return out
}

// edits counts the letters to change, add or drop between two words
// (Levenshtein).
func edits(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, q := range b {
			cost := diagonal
			if r != q {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// Near gives the town, airport, port or site nearest to p, its distance in
// metres and the direction from it to p as one of eight words ("south-west").
func Near(p volume.Point) (nearest Place, distM float64, direction string) {
	distM = math.Inf(1)
	for _, q := range load().places {
		if q.Kind == Region || q.Kind == Sea {
			continue
		}
		if d := volume.DistanceM(q.Point, p); d < distM {
			nearest, distM = q, d
		}
	}
	return nearest, distM, Direction(volume.BearingDeg(nearest.Point, p))
}

var winds = [...]string{"north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"}

// Direction gives the word for a bearing in degrees true.
func Direction(deg float64) string {
	if math.IsNaN(deg) || math.IsInf(deg, 0) {
		return winds[0]
	}
	n := int(math.Floor(math.Mod(deg, 360)/45 + 0.5))
	return winds[(n%8+8)%8]
}

// articles are dropped wherever they stand alone: "Deir ez-Zor" is "Deir Zor".
var articles = words("al el ar er as es ash esh at et an en ad ed az ez the of")

// same makes one word of several that mean the same in a name.
var same = map[string]string{
	"airbase": "airport", "airfield": "airport", "aerodrome": "airport", "airstrip": "airport",
	"province": "governorate", "muhafazah": "governorate", "harbour": "port", "harbor": "port",
	"northern": "north", "southern": "south", "eastern": "east", "western": "west",
	"northwestern": "northwest", "northeastern": "northeast", "southwestern": "southwest", "southeastern": "southeast",
	"mt": "mount",
}

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// tokens cuts a name into plain lower-case words without diacritics, articles
// and punctuation.
func tokens(name string) []string {
	if len(name) > MaxName {
		name = strings.ToValidUTF8(name[:MaxName], "")
	}
	var b strings.Builder
	for _, r := range name {
		switch {
		case unicode.Is(unicode.Mn, r): // combining marks, also Arabic and Hebrew points
		case r == '\'' || r == '’' || r == '‘' || r == 'ʿ' || r == 'ʾ' || r == '`':
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			r = unicode.ToLower(r)
			if s, ok := bare[r]; ok {
				b.WriteString(s)
			} else {
				b.WriteRune(r)
			}
		default:
			b.WriteByte(' ')
		}
	}
	var out []string
	for _, w := range strings.Fields(b.String()) {
		if articles[w] {
			continue
		}
		if s, ok := same[w]; ok {
			w = s
		}
		if n := len(out); w == "base" && n > 0 && out[n-1] == "air" {
			out[n-1] = "airport"
			continue
		}
		out = append(out, w)
	}
	return out
}

// bare is the letter without its marks, for those that occur in names of the
// region.
var bare = func() map[rune]string {
	m := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'ı': "i", 'ё': "е", 'أ': "ا", 'إ': "ا", 'آ': "ا", 'ى': "ي", 'ة': "ه"}
	for base, marked := range map[string]string{
		"a": "áàâäãåāăą", "c": "çćč", "d": "ḏḍď", "e": "éèêëēėęě", "g": "ğġǧ", "h": "ḥḫħḩ", "i": "íìîïīįi̇",
		"n": "ñńň", "o": "óòôöõøōő", "r": "řṛ", "s": "śşšṣș", "t": "ţťṭṯț", "u": "úùûüūůű", "y": "ýÿ", "z": "źżžẓ", "k": "ḳ",
	} {
		for _, r := range marked {
			if r > 127 && !unicode.Is(unicode.Mn, r) {
				m[r] = base
			}
		}
	}
	return m
}()

// sounded writes a Latin name as it sounds, roughly: what transliterations from
// Arabic differ in is made one.
func sounded(t []string) string {
	s := sounds.Replace(strings.Join(t, " "))
	var b []rune
	for _, r := range s {
		if r == ' ' || len(b) > 0 && b[len(b)-1] == r {
			continue
		}
		b = append(b, r)
	}
	return strings.TrimSuffix(string(b), "h")
}

var sounds = strings.NewReplacer(
	"aou", "u", "aw", "u", "au", "u", "ou", "u", "oo", "u", "ow", "u", "o", "u", "w", "u",
	"ayy", "ai", "ay", "ai", "ey", "ai", "ei", "ai", "ee", "i", "iye", "ia", "iya", "ia", "ieh", "ia", "yeh", "ia", "ie", "i", "y", "i",
	"eh", "a", "ah", "a", "e", "a",
	"kh", "h", "gh", "g", "dh", "d", "th", "t", "sh", "s", "ch", "s", "q", "k", "c", "k", "ph", "f", "v", "f", "tz", "s", "z", "s", "j", "g", "p", "b",
)
