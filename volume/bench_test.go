package volume

import (
	"testing"
	"time"
)

func BenchmarkContains(b *testing.B) {
	v := vol(poly(35, 35, 35, 36, 36, 36, 36, 35))
	p := Position{Point: Deg(35.5, 35.5)}
	for b.Loop() {
		v.Contains(p, evening.From)
	}
}

func BenchmarkMeet(b *testing.B) {
	x, y := vol(poly(35, 35, 35, 36, 36, 36, 36, 35)), vol(poly(35.2, 36.1, 35.2, 37, 35.8, 37, 35.8, 36.1))
	for b.Loop() {
		Meet(x, y, 20_000)
	}
}

func BenchmarkEntryNear(b *testing.B) {
	v := vol(poly(35, 35, 35, 36, 36, 36, 36, 35))
	p := Position{Deg(35.5, 34.6), Altitude{20000, FL}, true}
	for b.Loop() {
		v.Entry(p, evening.From, 90, 600, 0, 300*time.Second)
	}
}

func BenchmarkEntryFar(b *testing.B) {
	v := vol(poly(35, 35, 35, 36, 36, 36, 36, 35))
	p := Position{Deg(45.5, 34.6), Altitude{20000, FL}, true}
	for b.Loop() {
		v.Entry(p, evening.From, 90, 600, 0, 300*time.Second)
	}
}

func BenchmarkValidate256(b *testing.B) {
	var a Area
	for i := range 256 {
		a.Polygon = append(a.Polygon, Destination(Deg(35, 35), float64(i)*360/256, 100_000))
	}
	for b.Loop() {
		_ = a.Validate()
	}
}
