package check_test

import (
	"strings"
	"testing"

	"parley/check"
	"parley/party"
	"parley/picture"
	"parley/picture/picturetest"
	"parley/record"
	"parley/utc"
)

func exit(text string, duties ...string) record.Close {
	return record.Close{Text: text, Duties: duties}
}

// TestAnExitAlarmsTheDesk: whatever precedence its machine gave it, on a line of
// two and of three, once.
func TestAnExitAlarmsTheDesk(tt *testing.T) {
	for _, parties := range [][]party.ID{{"IL", "RU"}, {"IL", "RU", "UN"}} {
		for pr := record.Flash; pr <= record.Ordinary; pr++ {
			w := picturetest.New("IL")
			l := w.Line("IL-RU", parties...)
			none(tt, check.All(w.Now(t("18:40:00"))), check.RuleLeft)
			x := l.Say(post{By: "RU", At: t("18:41:00"), Precedence: pr, Body: exit("we are\nrelieved", "answer IL-RU/IL/urgent/12", "the tow at 19:00Z")})
			l.Say(post{By: "RU", At: t("18:41:10"), Lane: record.Routine, Precedence: record.Flash, Body: exit("we said so")})
			cs := check.All(w.Now(t("18:42:00")))
			c := one(tt, cs, check.RuleLeft)
			if want := "RU has left IL-RU at 18:41:00Z: “we are relieved”. Duties left open: answer IL-RU/IL/urgent/12; the tow at 19:00Z."; c.Why != want {
				tt.Errorf("%s\nwant %s", c.Why, want)
			}
			if len(cs) != 1 || c.Precedence != record.Immediate || c.Key != "party-left/"+string(x.ID) || ids(c.IDs...) != ids(x.ID) || c.From != t("18:41:00") {
				tt.Errorf("%d conflicts, %+v", len(cs), c)
			}
			if got := one(tt, check.Touching(w.Now(t("18:42:00")), []picture.ID{x.ID}), check.RuleLeft); got.Key != c.Key {
				tt.Errorf("the record alone gives %s", got.Key)
			}
		}
	}
}

// TestOurOwnExitIsNoAlarmHere: who leaves knows it.
func TestOurOwnExitIsNoAlarmHere(tt *testing.T) {
	w := picturetest.New("RU")
	w.Line("IL-RU", "IL", "RU").Say(post{By: "RU", At: t("18:41:00"), Body: exit("we are relieved")})
	if cs := check.All(w.Now(t("18:42:00"))); len(cs) != 0 {
		tt.Errorf("%+v", cs)
	}
}

// TestAnExitStandsUntilAnsweredOrTakenBack: the alert is raised once, and over
// when an officer of ours has acknowledged the exit, or the party is back.
func TestAnExitStandsUntilAnsweredOrTakenBack(tt *testing.T) {
	w := picturetest.New("IL")
	h, l := w.Home(), w.Line("IL-RU", "IL", "RU")
	x := l.Say(post{By: "RU", At: t("18:41:00"), Body: exit("we are relieved.")})
	one(tt, check.All(w.Now(t("18:41:30"))), check.RuleLeft, "“we are relieved.”. It names no duty left open.")
	raised(w, h, t("18:41:30"), check.RuleLeft)
	if why := over(tt, w, t("23:59:00")); why != "" {
		tt.Errorf("over by itself: %s", why)
	}
	made := l.Charter.Made
	l.Charter.Made = t("18:50:00") // an amended charter with RU on it
	none(tt, check.All(w.Now(t("18:51:00"))), check.RuleLeft)
	if why := over(tt, w, t("18:51:00")); why != "RU is back on IL-RU." {
		tt.Errorf("over: %q", why)
	}
	l.Charter.Made = made
	l.Say(post{By: "IL", At: t("18:52:00"), Officer: "levi", Re: &x, Body: record.Ack{Level: record.LevelRead}})
	none(tt, check.All(w.Now(t("18:53:00"))), check.RuleLeft)
	if why := over(tt, w, t("18:53:00")); why != "An officer of ours has acknowledged it on its line." {
		tt.Errorf("over: %q", why)
	}
	l.Say(post{By: "RU", At: t("18:54:00"), Body: exit("once more")})
	none(tt, check.All(w.Now(t("18:55:00"))), check.RuleLeft)
}

// TestAPartyThatLeftOwesOnlyWhatItWasAskedBefore: an answer asked for before the
// exit stays overdue and says that the party has left; nothing is asked after.
func TestAPartyThatLeftOwesOnlyWhatItWasAskedBefore(tt *testing.T) {
	area := hazard(disc(35.5, 35.5, 30, t("21:00:00"), t("22:00:00")))
	for _, self := range []party.ID{"IL", "RU"} {
		w := picturetest.New(self)
		l := w.Line("IL-RU", "IL", "RU")
		before := l.Say(post{By: "IL", At: t("18:00:00"), Body: area})
		l.Say(post{By: "RU", At: t("18:41:00"), Body: exit("we are relieved")})
		l.Say(post{By: "IL", At: t("18:45:00"), Body: area})
		want := map[party.ID]string{"IL": "; RU has left IL-RU at 18:41Z.", "RU": "; we have left IL-RU at 18:41Z."}[self]
		c := one(tt, check.All(w.Now(t("20:59:00"))), check.RuleMissing, want)
		if c.IDs[0] != before.ID {
			tt.Errorf("at %s it is about %s", self, c.IDs[0])
		}
		l.Charter.Made = t("20:00:00") // RU is back
		c = one(tt, check.All(w.Now(t("20:59:00"))), check.RuleMissing)
		if c.IDs[0] != before.ID || strings.Contains(c.Why, "left") {
			tt.Errorf("after the return: %s", c.Why)
		}
	}
}

// TestALongExitKeepsItsDuties: the words are cut, what is left open is not lost.
func TestALongExitKeepsItsDuties(tt *testing.T) {
	w := picturetest.New("IL")
	l := w.Line("IL-RU", "IL", "RU")
	l.Say(post{By: "RU", At: utc.Time(t("18:41:00")), Body: exit(strings.Repeat("уходим ", 400), strings.Repeat("дело ", 90), "the tow.")})
	c := one(tt, check.All(w.Now(t("18:42:00"))), check.RuleLeft, "…”. Duties left open: дело")
	if len(c.Why) > 500 || !strings.HasSuffix(c.Why, "…") || strings.ContainsRune(c.Why, '\uFFFD') {
		tt.Errorf("%d bytes: %s", len(c.Why), c.Why)
	}
}
