package check_test

import (
	"sync"
	"testing"

	"parley/check"
	"parley/party"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
)

// manyNotices is how many active notices the benchmarks hold: a theatre of
// 20° by 20° with all windows open at once.
const manyNotices = 10_000

var many = sync.OnceValues(func() (*picturetest.World, []picture.Held) {
	w := picturetest.New("RU")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	h.Say(post{By: "RU", At: t("11:59:00"), Body: way(t("18:45:00"), 5)})
	for i := range manyNotices {
		by := []party.ID{"IL", "RU"}[i%2]
		v := disc(25+float64(i%100)*0.2, 25+float64(i/100)*0.2, 6, t("18:40:00"), t("19:30:00"))
		if i%3 == 0 {
			v = picturetest.Box(25+float64(i%100)*0.2, 25+float64(i/100)*0.2, 25.1+float64(i%100)*0.2, 25.1+float64(i/100)*0.2, t("18:40:00"), t("19:30:00"))
		}
		l.Say(post{By: by, At: t("12:00:00") + 1000*2*1, Body: hazard(v)})
	}
	l.Receive("IL", t("12:10:00"))
	l.Receive("RU", t("12:10:00"))
	held := w.Held
	return w, held
})

// BenchmarkNow10k adds one record to a book of ten thousand active notices, by
// turns a notice, a receipt and an acknowledgement, and asks for the picture.
func BenchmarkNow10k(b *testing.B) { addAndAsk(b, func(*picture.Picture, picture.ID) {}) }

// BenchmarkTouching10k is BenchmarkNow10k and asks what the record collides
// with, too.
func BenchmarkTouching10k(b *testing.B) {
	addAndAsk(b, func(p *picture.Picture, id picture.ID) { check.Touching(p, []picture.ID{id}) })
}

func addAndAsk(b *testing.B, ask func(*picture.Picture, picture.ID)) {
	w, held := many()
	w.Held = held
	book := w.Book()
	book.Now(t("18:45:00"))
	l := w.Lines[1]
	var n picturetest.Posted
	i := 0
	for b.Loop() {
		at := t("18:45:00") + 1000
		var x picturetest.Posted
		switch i++; i % 3 {
		case 1:
			n = l.Say(post{By: "IL", At: at, Body: hazard(disc(35.5, 35.5, 6, t("18:40:00"), t("19:30:00")))})
			x = n
		case 2:
			x = l.Receive("RU", at)
		default:
			x = l.Ack("RU", at, n, record.LevelRead)
		}
		book.Add(x.Held)
		ask(book.Now(at), x.ID)
	}
}

// BenchmarkAll10k finds every conflict of ten thousand notices whose windows are
// all open at once.
func BenchmarkAll10k(b *testing.B) {
	w, held := many()
	w.Held = held
	p := w.Now(t("18:45:00"))
	b.ReportMetric(float64(len(check.All(p))), "conflicts")
	for b.Loop() {
		check.All(p)
	}
}
