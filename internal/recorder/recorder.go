// Package recorder keeps what the feeds reported: raw, by minute, on our own
// disk and nowhere else.
//
// Tracks are the one thing that is not logged before it is used (there are too
// many); instead each closed minute's file is bound to the home line by its
// digest. What was reported can so be shown years later, and shown to be whole,
// without a single track having left the node.
//
// The layout under the folder is one file a minute, named by the minute in
// which the reports arrived (not by their own times, which may be late):
//
//	20180917/1839.ndjson    one JSON report a line, in the order of arrival
//
// A minute is open until the node's clock is past its end; then the file is
// synced, digested and closed for good, and the Minute goes to Config.Closed.
//
// What a crash leaves: the open minute's file, with its last line perhaps cut
// off. Open finds files without a digest mark (NAME.sha256 beside it), cuts the
// torn line, and closes each as above, so that its Minute may come late but
// comes. A crash between Closed and the mark makes the same Minute come twice:
// equal records, which harm nobody. A file with a mark is never written again.
//
// When the disk fails, reporting goes on: the error is counted and told once a
// minute, and the Minute says how many reports were kept.
package recorder

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"parley/record"
	"parley/track"
	"parley/utc"
)

const minute = utc.Time(time.Minute / time.Millisecond)

// maxReport bounds one line when a torn file is read again.
const maxReport = 4096

// Config of a Recorder.
type Config struct {
	Dir    string              // made if it is not there
	Closed func(record.Minute) // a minute is on disk; called with no lock held, in the order of minutes
	Failed func(error)         // the disk failed; at most once a minute; may be nil
}

// Recorder is safe for use by several goroutines.
type Recorder struct {
	c Config

	mu     sync.Mutex
	open   utc.Time // start of the open minute; 0: none
	file   *os.File
	w      *bufio.Writer
	n      uint32
	seen   map[string]struct{}
	failed utc.Time // minute in which Failed was last called
	lost   uint64
}

// Open makes the folder and closes the minutes that a crash left open.
func Open(c Config) (*Recorder, error) {
	if c.Closed == nil {
		return nil, errors.New("recorder: Closed is missing")
	}
	if c.Failed == nil {
		c.Failed = func(error) {}
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the folder for tracks: %w", err)
	}
	r := &Recorder{c: c}
	left, err := unmarked(c.Dir)
	if err != nil {
		return nil, err
	}
	for _, path := range left {
		m, err := finish(path)
		if err != nil {
			return nil, fmt.Errorf("couldn't close the recorded minute %s: %w", path, err)
		}
		if err := r.announce(path, m); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Add records one report that arrived at now. It does not wait for the disk:
// what is not yet synced is lost in a power cut, at most one minute.
func (r *Recorder) Add(rep track.Report, now utc.Time) {
	b, err := json.Marshal(rep)
	if err != nil {
		r.fail(now, err)
		return
	}
	r.turn(now)
	r.mu.Lock()
	err = r.write(b, rep.ID, now)
	if err != nil {
		r.lost++
	}
	r.mu.Unlock()
	if err != nil {
		r.fail(now, err)
	}
}

// Tick closes the open minute when now is past its end; call it every second
// or so, since no report may come to do it.
func (r *Recorder) Tick(now utc.Time) { r.turn(now) }

// Lost is how many reports the disk refused.
func (r *Recorder) Lost() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// Close closes the open minute early; its Minute is as good as any.
func (r *Recorder) Close() error {
	return r.shut()
}

func (r *Recorder) write(b []byte, id string, now utc.Time) error {
	if r.file == nil {
		start := now - now%minute
		path := r.path(start)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		for k := 2; errors.Is(err, os.ErrExist) && k < 100; k++ { // restarted in the same minute, or the clock went back
			path = strings.TrimSuffix(r.path(start), ".ndjson") + fmt.Sprintf("-%d.ndjson", k)
			file, err = os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		}
		if err != nil {
			return err
		}
		r.open, r.file, r.w, r.n, r.seen = start, file, bufio.NewWriterSize(file, 64<<10), 0, make(map[string]struct{})
	}
	if _, err := r.w.Write(append(b, '\n')); err != nil {
		return err
	}
	r.n++
	r.seen[id] = struct{}{}
	return nil
}

func (r *Recorder) path(start utc.Time) string {
	s := start.Std()
	return filepath.Join(r.c.Dir, s.Format("20060102"), s.Format("1504")+".ndjson")
}

// turn closes the open minute if now is not in it.
func (r *Recorder) turn(now utc.Time) {
	r.mu.Lock()
	over := r.file != nil && now-now%minute != r.open
	r.mu.Unlock()
	if !over {
		return
	}
	if err := r.shut(); err != nil {
		r.fail(now, err)
	}
}

func (r *Recorder) shut() error {
	r.mu.Lock()
	file, w := r.file, r.w
	r.file, r.w, r.open = nil, nil, 0
	r.mu.Unlock()
	if file == nil {
		return nil
	}
	err := w.Flush()
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return err
	}
	m, err := finish(file.Name())
	if err != nil {
		return err
	}
	return r.announce(file.Name(), m)
}

// announce tells the minute and then marks it. In this order a crash makes it
// come twice rather than never.
func (r *Recorder) announce(path string, m record.Minute) error {
	if m.Reports > 0 {
		r.c.Closed(m)
	}
	mark := hex.EncodeToString(m.Digest[:]) + "  " + filepath.Base(path) + "\n"
	if err := os.WriteFile(markOf(path), []byte(mark), 0o600); err != nil {
		return fmt.Errorf("couldn't mark the recorded minute: %w", err)
	}
	return nil
}

func markOf(path string) string { return strings.TrimSuffix(path, ".ndjson") + ".sha256" }

func (r *Recorder) fail(now utc.Time, err error) {
	r.mu.Lock()
	tell := r.failed != now-now%minute
	r.failed = now - now%minute
	r.mu.Unlock()
	if tell {
		r.c.Failed(fmt.Errorf("couldn't record tracks: %w", err))
	}
}

// finish reads a closed minute from the disk, cuts a torn last line, and gives
// what is there. It reads rather than remembers, so that the digest is of what
// a later reader will find.
func finish(path string) (record.Minute, error) {
	start, err := startOf(path)
	if err != nil {
		return record.Minute{}, err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return record.Minute{}, err
	}
	defer file.Close()
	var (
		m    = record.Minute{From: start}
		sum  = sha256.New()
		br   = bufio.NewReaderSize(file, maxReport)
		good int64
		seen = make(map[string]struct{})
	)
	for {
		line, err := br.ReadSlice('\n')
		var rep track.Report
		if err != nil || json.Unmarshal(bytes.TrimSuffix(line, []byte{'\n'}), &rep) != nil {
			if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
				return m, err
			}
			break // torn here: what is after it was never whole
		}
		sum.Write(line)
		good += int64(len(line))
		seen[rep.ID] = struct{}{}
		m.Reports++
	}
	m.Tracks = uint32(len(seen))
	sum.Sum(m.Digest[:0])
	if info, err := file.Stat(); err != nil {
		return m, err
	} else if info.Size() != good {
		if err := file.Truncate(good); err != nil {
			return m, err
		}
	}
	return m, file.Sync()
}

func startOf(path string) (utc.Time, error) {
	name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".ndjson"), "-")
	t, err := time.Parse("200601021504", filepath.Base(filepath.Dir(path))+name)
	if err != nil {
		return 0, fmt.Errorf("its name is not YYYYMMDD/HHMM.ndjson")
	}
	return utc.From(t), nil
}

// unmarked lists the minutes without a mark, oldest first. Files of other names
// are left alone.
func unmarked(dir string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(dir, "[0-9]*", "[0-9]*.ndjson"))
	if err != nil {
		return nil, fmt.Errorf("couldn't list the recorded minutes: %w", err)
	}
	var left []string
	for _, path := range all {
		if _, err := startOf(path); err != nil {
			continue
		}
		if _, err := os.Stat(markOf(path)); errors.Is(err, os.ErrNotExist) {
			left = append(left, path)
		}
	}
	sort.Strings(left)
	return left, nil
}

// Check compares every marked minute under dir with its mark and names those
// that differ or cannot be read.
func Check(dir string) (good int, problems []string, err error) {
	marks, err := filepath.Glob(filepath.Join(dir, "[0-9]*", "[0-9]*.sha256"))
	if err != nil {
		return 0, nil, fmt.Errorf("couldn't list the recorded minutes: %w", err)
	}
	for _, mark := range marks {
		path := strings.TrimSuffix(mark, ".sha256") + ".ndjson"
		want, err := os.ReadFile(mark)
		if err == nil {
			var file *os.File
			if file, err = os.Open(path); err == nil {
				sum := sha256.New()
				_, err = io.Copy(sum, file)
				file.Close()
				if err == nil && !strings.HasPrefix(string(want), hex.EncodeToString(sum.Sum(nil))+" ") {
					err = errors.New("its bytes are not those that were digested")
				}
			}
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", path, err))
			continue
		}
		good++
	}
	return good, problems, nil
}
