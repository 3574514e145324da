package sim

import (
	"errors"
	"fmt"

	"parley/logbook"
)

// Step is a kind of durable step: what a store is asked to make durable.
type Step int

// The durable steps.
const (
	FirstEntry  Step = iota // the charter record that our own logbook begins with
	OwnBatch                // a batch of our own
	OwnReturned             // entries of our own that a peer gave back
	CopyBatch               // a batch of another's
	OwnReceipt              // a receipt for our own logbook
	CopyReceipt             // a third party's receipt beside our copy
	stepKinds
)

var stepNames = [stepKinds]string{"first entry", "own batch", "own returned", "copy batch", "own receipt", "copy receipt"}

// Fault is what can befall a durable step.
type Fault int

// The faults of disks, clocks and links that meet a durable step.
const (
	CrashBefore Fault = iota // the power goes before the write
	CrashAfter               // the power goes after the write and before anybody hears of it
	Torn                     // the power goes in the middle: the next Open must see it; then it is rolled back
	Refused                  // not written, and said so
	Unsure                   // written, and reported as failed
	Full                     // the disk takes nothing until room is made
	Lying                    // said durable and lost at the next crash, with all that follows
	Skewed                   // the clock steps just then
	CutOff                   // all links of the party go, both ways
	CutOneWay                // what the party sends is lost, silently
	faults
)

var faultNames = [faults]string{"crash before", "crash after", "torn", "refused", "unsure", "full", "lying", "clock step", "cut off", "cut one way"}

// Matrix counts how often each fault met each durable step, and each message
// fault each kind of message.
type Matrix struct {
	Disk [faults][stepKinds]int
	Net  [netFaults][messageKinds]int
}

// Add adds o's counts.
func (m *Matrix) Add(o *Matrix) {
	for f := range m.Disk {
		for s := range m.Disk[f] {
			m.Disk[f][s] += o.Disk[f][s]
		}
	}
	for f := range m.Net {
		for k := range m.Net[f] {
			m.Net[f][k] += o.Net[f][k]
		}
	}
}

// write is one durable step as it was done, so that a disk can be rebuilt
// without its tail.
type write struct {
	batch *logbook.Batch // nil: a note
	size  uint64
	note  []byte
}

// disk is one logbook's. It outlives the process.
type disk struct {
	n       *node
	id      logbook.ID
	li      int
	mem     *logbook.Memory
	writes  []write
	entries uint64
	safe    int    // writes that a crash leaves; below len(writes) only while it lies
	lying   bool   // fsync does nothing from here on
	torn    *write // what the power cut in the middle; seen by the next Open
}

func (d *disk) size() uint64 { return d.entries }

// do writes.
func (d *disk) do(x write) error {
	var err error
	if x.batch != nil {
		err = d.mem.Append(*x.batch)
	} else {
		err = d.mem.AddNote(x.size, x.note)
	}
	if err != nil {
		return err
	}
	d.writes = append(d.writes, x)
	if x.batch != nil {
		d.entries = x.size
	}
	if !d.lying {
		d.safe = len(d.writes)
	}
	return nil
}

// crash leaves what is safe. It tells whether that is less than was said.
func (d *disk) crash() (lost bool) {
	d.lying = false
	if d.safe == len(d.writes) {
		return false
	}
	d.cutTo(d.safe)
	return true
}

// cutTo rebuilds the disk from its first writes: an old copy put back.
func (d *disk) cutTo(n int) {
	keep := d.writes[:n]
	d.torn = nil
	d.mem, d.writes, d.safe, d.entries = logbook.NewMemory(), nil, 0, 0
	for _, x := range keep {
		must(d.do(x))
	}
	d.n.w.forget(d)
}

var (
	errPower = errors.New("the power is cut")
	errFull  = errors.New("the disk is full")
	errWrite = errors.New("the write failed")
)

// handle is a disk as one run of a process has it open.
type handle struct {
	*logbook.Memory
	d   *disk
	run int
}

func (h *handle) Append(b logbook.Batch) error {
	h.d.n.w.checkBatch(h.d, b)
	// The slices are the caller's; a rebuilt disk reads them again.
	return h.write(write{batch: &b, size: b.From + uint64(len(b.Entries))})
}

func (h *handle) AddNote(size uint64, note []byte) error {
	h.d.n.w.checkNote(h.d, size, note)
	return h.write(write{size: size, note: note})
}

func (h *handle) kind(x write) Step {
	own := h.d.id.Party == h.d.n.id
	switch {
	case x.batch == nil && own:
		return OwnReceipt
	case x.batch == nil:
		return CopyReceipt
	case !own:
		return CopyBatch
	case h.d.n.returning:
		return OwnReturned
	case x.batch.From == 0:
		return FirstEntry
	}
	return OwnBatch
}

// write does one durable step, or what the fault that is due makes of it.
func (h *handle) write(x write) error {
	n, w := h.d.n, h.d.n.w
	if n.off || h.run != n.run {
		return errPower
	}
	k := h.kind(x)
	if n.full {
		w.met(Full, k)
		n.failed = true
		return errFull
	}
	f := Fault(-1)
	if n.armed.set && (n.armed.any || n.armed.step == k) {
		f, n.armed.set = n.armed.fault, false
	}
	if f == Torn && x.batch == nil && x.size != h.d.size() {
		f = CrashBefore // an older note: nothing that Open reads
	}
	if f >= 0 {
		w.met(f, k)
		w.say("%s: %s meets %s of %s at %d", n.id, faultNames[f], stepNames[k], h.d.id, x.size)
	}
	switch f {
	case CrashBefore:
		n.off = true
		return errPower
	case Torn:
		n.off, h.d.torn = true, &x
		return errPower
	case Refused:
		n.failed = true
		return errWrite
	case Full:
		n.full, n.failed = true, true
		return errFull
	case Lying:
		h.d.lying = true
	case Skewed:
		n.stepClock()
	case CutOff:
		w.cutOff(n.id)
	case CutOneWay:
		w.mute(n.id)
	}
	if err := h.d.do(x); err != nil {
		w.fail("%s: a batch that does not join on: %v", n.id, err)
	}
	h.Memory = h.d.mem
	w.written(h.d, x)
	w.steps++
	switch f {
	case CrashAfter:
		n.off = true
		return errPower
	case Unsure:
		n.failed = true
		return errWrite
	}
	return nil
}

// tornStore is a disk whose last write went in half. No Open may take it.
type tornStore struct {
	*logbook.Memory
	x    write
	form int
}

// tear gives the store as the power cut left it, in one of several forms.
func (d *disk) tear(form int) *tornStore {
	m := logbook.NewMemory()
	for _, x := range d.writes {
		if x.batch != nil {
			must(m.Append(*x.batch))
		} else {
			must(m.AddNote(x.size, x.note))
		}
	}
	x := *d.torn
	if x.batch != nil && form > 0 {
		b := *x.batch
		switch form {
		case 1: // the last entry's bytes did not all arrive
			b.Entries = append([][]byte{}, b.Entries...)
			last := b.Entries[len(b.Entries)-1]
			b.Entries[len(b.Entries)-1] = last[:len(last)/2]
		case 2: // the note's did not
			b.Note = b.Note[:len(b.Note)/2]
		}
		must(m.Append(b))
	}
	return &tornStore{Memory: m, x: x, form: form}
}

func (t *tornStore) Load() (logbook.State, error) {
	st, err := t.Memory.Load()
	switch {
	case t.x.batch == nil:
		st.Note = t.x.note[:len(t.x.note)/2]
	case t.form == 0: // the size is there, the entries are not
		st.Size = t.x.size
	}
	return st, err
}
func (t *tornStore) Append(logbook.Batch) error   { return errWrite }
func (t *tornStore) AddNote(uint64, []byte) error { return errWrite }

func (d *disk) String() string { return fmt.Sprintf("%s's disk of %s", d.n.id, d.id) }
