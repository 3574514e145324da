package line

import (
	"testing"
	"time"

	"parley/record"
)

// A disk that was full, and is not any more: the line goes on without a restart,
// whether the write that ended unknown was done or not, and nothing is lost,
// repeated or signed twice.
func TestALineMendsWhenTheDiskTakesWritesAgain(t *testing.T) {
	for _, form := range []string{"before", "after"} {
		t.Run(form, func(t *testing.T) {
			w := newWorld(t, "IL", "RU")
			w.quiet = true
			w.connect("IL", "RU")
			w.deliver()
			il := w.seats["IL"]

			// What RU says cannot be stored by IL …
			il.power.form, il.power.fail = form, 1
			w.append("RU", record.Urgent, w.compose("RU", record.Urgent, 1, 0))
			r := route{"RU", "IL", record.Urgent}
			m, err := ParseMessage(w.queues[r][0])
			if err != nil {
				t.Fatal(err)
			}
			w.queues[r] = w.queues[r][1:]
			if out := il.line.Step("RU", m, w.now); len(out.Arrived)+len(out.Send)+len(out.Findings) != 0 {
				t.Fatalf("on a failed disk: %+v", out)
			}
			// … and what IL says cannot be logged.
			own := w.compose("IL", record.Urgent, 1, 0)
			if refs, _, err := il.line.Append(record.Urgent, own); err == nil || len(refs) != 0 {
				t.Fatalf("on a failed disk: %v, %v", refs, err)
			}
			if n := len(il.line.Broken()); n != 2 {
				t.Fatalf("%d logbooks are broken, want 2", n)
			}

			il.power.off = false
			out, err := il.line.Mend()
			if err != nil || len(il.line.Broken()) != 0 {
				t.Fatalf("mended: %v, still broken: %v", err, il.line.Broken())
			}
			if arrived := len(out.Arrived); (form == "after") != (arrived > 0) {
				t.Errorf("%d batches turned out to be there", arrived)
			}
			w.handle("IL", out)
			if again, err := il.line.Mend(); err != nil || len(again.Arrived)+len(again.Send) != 0 {
				t.Errorf("mending what is whole: %+v, %v", again, err)
			}

			if err := w.append("IL", record.Urgent, w.compose("IL", record.Urgent, 2, 0)); err != nil {
				t.Fatal(err)
			}
			for range 4 {
				w.tick(4 * time.Second)
				w.deliver()
			}
			w.check()
			if len(w.findings) != 0 {
				t.Errorf("somebody is blamed: %+v", w.findings)
			}
			if n := il.line.Receipts(w.logID("IL", record.Urgent))["RU"]; n != il.line.Log(w.logID("IL", record.Urgent)).Size() {
				t.Errorf("RU has receipted %d entries", n)
			}
			if n := w.seats["RU"].line.Receipts(w.logID("RU", record.Urgent))["IL"]; n != w.seats["RU"].line.Log(w.logID("RU", record.Urgent)).Size() {
				t.Errorf("IL has receipted %d entries", n)
			}
		})
	}
}
