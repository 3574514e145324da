package utc

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWhatIsPrintedIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := Time(rapid.Int64Range(int64(Min), int64(Max)).Draw(t, "ms"))
		back, err := Parse(u.String())
		if err != nil || back != u {
			t.Fatalf("%d printed %q, read %d, %v", u, u, back, err)
		}
		b, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		var v Time
		if err := json.Unmarshal(b, &v); err != nil || v != u {
			t.Fatalf("json %s read %d, %v", b, v, err)
		}
		if From(u.Std()) != u {
			t.Fatal("From(Std) moved")
		}
	})
}

func TestOnlyUTCIsRead(t *testing.T) {
	for s, want := range map[string]string{
		"2018-09-17T21:39:00+03:00":      "ending in Z",
		"2018-09-17T18:39:00+00:00":      "ending in Z",
		"2018-09-17 18:39:00Z":           "want UTC",
		"2018-09-17T18:39Z":              "want UTC",
		"":                               "want UTC",
		"2018-09-17T18:39:00.0001Z":      "at most milliseconds",
		"1969-12-31T23:59:59Z":           "outside",
		"2200-01-01T00:00:00Z":           "outside",
		"2018-02-30T00:00:00Z":           "want UTC",
		strings.Repeat("2", 1<<16) + "Z": "want UTC",
	} {
		if _, err := Parse(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%.40q) = %v, want an error with %q", s, err, want)
		}
	}
}

func TestTimeOfDayShowsMillisecondsOnlyWhereTheyAre(t *testing.T) {
	at, _ := Parse("2018-09-17T19:02:45Z")
	if at.Clock() != "19:02:45Z" || at.Add(120*time.Millisecond).Clock() != "19:02:45.120Z" {
		t.Fatal(at.Clock(), at.Add(120*time.Millisecond).Clock())
	}
	if at.Add(24*time.Minute).Sub(at) != 24*time.Minute {
		t.Fatal("Add and Sub disagree")
	}
}

func TestNotGivenIsEmptyText(t *testing.T) {
	var u Time
	b, _ := u.MarshalText()
	if len(b) != 0 || !u.IsZero() || u.Valid() {
		t.Fatalf("zero prints %q", b)
	}
	if err := u.UnmarshalText(nil); err != nil || u != 0 {
		t.Fatal(u, err)
	}
}
