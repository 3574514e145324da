package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"parley/party"
)

// benchResult is the answer of parley bench line. Rows that were not measured
// are null, and named in LeftOut.
type benchResult struct {
	Version     string        `json:"version"`
	Quick       bool          `json:"quick"`
	TookSeconds float64       `json:"took_seconds"`
	NotMeasured []string      `json:"not_measured"`
	Machine     benchMachine  `json:"machine"`
	Writers     []benchRow    `json:"writers"`
	Wire        []benchWire   `json:"wire"`
	Memory      benchMemory   `json:"memory"`
	CatchUp     *benchCatchUp `json:"catch_up"`
	Crash       *benchCrash   `json:"first_receipt_after_crash"`
	Urgent      *benchUrgent  `json:"urgent_during_backlog"`
	Rivals      []benchRival  `json:"rivals"`
	Goals       []benchGoal   `json:"goals"`
	LeftOut     []string      `json:"left_out"`
}

// benchRow is so many writers, each of whom waits for the receipt of one record
// before the next.
type benchRow struct {
	Writers           int     `json:"writers"`
	Records           int     `json:"records"`
	PerSecond         float64 `json:"per_second"`
	P50               float64 `json:"p50_us"`
	P99               float64 `json:"p99_us"`
	RecordsPerReceipt float64 `json:"records_per_receipt"`
}

type benchWire struct {
	Writers           int     `json:"writers"`
	RecordsPerReceipt float64 `json:"records_per_receipt"`
	BytesPerRecord    float64 `json:"bytes_per_record"` // both ways, TLS, receipts and received records
}

type benchMemory struct {
	WriterBytes int64 `json:"writer_rss_bytes"`
	ReaderBytes int64 `json:"reader_rss_bytes"`
	Records     int   `json:"records_held"`
}

type benchCatchUp struct {
	Records   int     `json:"records"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"per_second"`
}

type benchCrash struct {
	Times      int     `json:"times"`
	LogRecords int     `json:"log_records"`
	P50        float64 `json:"p50_ms"`
	Max        float64 `json:"max_ms"`
}

type benchUrgent struct {
	Backlog int     `json:"backlog_records"` // when the first urgent record was sent
	Left    int     `json:"backlog_left_records"`
	Records int     `json:"records"`
	P50     float64 `json:"p50_us"`
	P99     float64 `json:"p99_us"`
}

// benchPair is the two nodes and what became of them.
type benchPair struct {
	self    string
	folder  string
	profile string
	err     io.Writer
	seats   []*benchSeat
	nodes   [2]*benchChild
	written int // routine records by the writer so far
}

// benchLine is the whole run, in this order: machine, rows, wire, memory, the
// long rows, rivals.
func benchLine(ctx context.Context, sh *shell, fl benchFlags) (_ *benchResult, err error) {
	began := time.Now()
	res := &benchResult{Version: version(), Quick: fl.quick, LeftOut: []string{}, NotMeasured: []string{
		"HTTP API and console: writers call the node as the API does", "feeds and recorder", "a network: both nodes share this machine's cores and loopback"}}
	res.LeftOut = append(res.LeftOut, "PostgreSQL, with and without a synchronous standby: this release keeps its logs in SQLite")
	p := &benchPair{err: sh.err, profile: fl.profile}
	if p.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if p.folder, err = os.MkdirTemp(fl.folder, "parley-bench-"); err != nil {
		return nil, fmt.Errorf("couldn't make a folder: %w", err)
	}
	defer os.RemoveAll(p.folder)
	p.tell("the machine: fsync, loopback, Ed25519")
	if res.Machine, err = measureMachine(p.folder); err != nil {
		return nil, err
	}
	p.tell("two nodes")
	if err := p.start(ctx); err != nil {
		return nil, err
	}
	defer p.stop()
	millis := fl.millis
	if fl.quick {
		millis = min(millis, 4000)
	}
	if err := p.rows(res, millis); err != nil {
		return nil, err
	}
	if fl.quick {
		res.LeftOut = append(res.LeftOut, "catch_up", "first_receipt_after_crash", "urgent_during_backlog")
	} else if err := p.long(ctx, res, fl); err != nil {
		return nil, err
	}
	p.stop()
	p.tell("rivals")
	res.Rivals = benchRivals(ctx, fl, p.folder)
	for _, r := range res.Rivals {
		if r.Absent != "" {
			res.LeftOut = append(res.LeftOut, r.Name+": "+r.Absent)
		}
	}
	res.TookSeconds = time.Since(began).Seconds()
	res.judge()
	return res, nil
}

func (p *benchPair) tell(format string, args ...any) {
	fmt.Fprintf(p.err, "bench: "+format+"\n", args...)
}

// start makes two folders and starts a node in each.
func (p *benchPair) start(ctx context.Context) error {
	secret, err := filepath.Rel(filepath.Dir(p.folder), p.folder) // good for nothing else
	if err != nil {
		return err
	}
	for _, id := range []party.ID{"A", "B"} {
		ln, err := net.Listen("tcp", "127.0.0.1:0") // only to find a port that is free
		if err != nil {
			return fmt.Errorf("couldn't find a free port: %w", err)
		}
		p.seats = append(p.seats, &benchSeat{Party: id, Secret: secret, Listen: ln.Addr().String()})
		ln.Close()
	}
	if err := benchCharters(p.seats); err != nil {
		return err
	}
	for i, s := range p.seats {
		b, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(p.at(i), 0o700); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(p.at(i), "bench.json"), b, 0o600); err != nil {
			return err
		}
		if err := p.raise(ctx, i); err != nil {
			return err
		}
	}
	// The first records wait for the link.
	_, err = p.nodes[0].ask(benchOrder{Do: "reach", Lane: "routine", Size: 1})
	return err
}

func (p *benchPair) at(i int) string { return filepath.Join(p.folder, string(p.seats[i].Party)) }

// raise starts the i-th node and waits until it has opened its logs.
func (p *benchPair) raise(ctx context.Context, i int) (err error) {
	p.nodes[i], err = startBenchChild(ctx, p.self, p.at(i), p.err)
	return err
}

func (p *benchPair) stop() {
	for i, n := range p.nodes {
		if n != nil {
			n.end()
			p.nodes[i] = nil
		}
	}
}

func (p *benchPair) rows(res *benchResult, millis int64) error {
	if _, err := p.nodes[0].ask(benchOrder{Do: "write", Writers: 8, Millis: 300}); err != nil { // warm up
		return err
	}
	for _, writers := range []int{1, 32, 256, 2048} {
		p.tell("%d writers", writers)
		if p.profile != "" {
			for i, n := range p.nodes {
				file := filepath.Join(p.profile, fmt.Sprintf("%s-%d.prof", p.seats[i].Party, writers))
				if _, err := n.ask(benchOrder{Do: "profile", File: file, Millis: millis - 50}); err != nil {
					return err
				}
			}
		}
		before, err := p.nodes[1].ask(benchOrder{Do: "traffic"})
		if err != nil {
			return err
		}
		r, err := p.nodes[0].ask(benchOrder{Do: "write", Writers: writers, Millis: millis})
		if err != nil {
			return err
		}
		p.written += r.Records
		row := benchRow{Writers: writers, Records: r.Records, PerSecond: perSecond(r), P50: r.P50, P99: r.P99}
		row.RecordsPerReceipt = float64(r.Records) / float64(max(r.Receipts, 1))
		res.Writers = append(res.Writers, row)
		if writers == 1 {
			if err := p.wire(res, writers, r, before); err != nil {
				return err
			}
		}
	}
	p.tell("bytes on the wire, memory")
	before, err := p.nodes[1].ask(benchOrder{Do: "traffic"})
	if err != nil {
		return err
	}
	r, err := p.nodes[0].ask(benchOrder{Do: "write", Writers: 200, Records: 20_000})
	if err != nil {
		return err
	}
	p.written += r.Records
	if err := p.wire(res, 200, r, before); err != nil {
		return err
	}
	res.Memory.Records = p.written
	for i, to := range []*int64{&res.Memory.WriterBytes, &res.Memory.ReaderBytes} {
		m, err := p.nodes[i].ask(benchOrder{Do: "memory"})
		if err != nil {
			return err
		}
		*to = m.Bytes
	}
	return nil
}

func (p *benchPair) wire(res *benchResult, writers int, r, before benchReply) error {
	after, err := p.nodes[1].ask(benchOrder{Do: "traffic"})
	if err != nil {
		return err
	}
	n := float64(max(r.Records, 1))
	res.Wire = append(res.Wire, benchWire{Writers: writers, RecordsPerReceipt: n / float64(max(r.Receipts, 1)), BytesPerRecord: float64(after.Bytes-before.Bytes) / n})
	return nil
}

func perSecond(r benchReply) float64 { return float64(r.Records) / (float64(max(r.Micros, 1)) / 1e6) }

// long is what takes minutes: a cut, kills, a backlog.
func (p *benchPair) long(ctx context.Context, res *benchResult, fl benchFlags) error {
	p.tell("catch-up after a cut: %d records while the other node is down", fl.catchUp)
	p.nodes[1].end()
	loaded, err := p.nodes[0].ask(benchOrder{Do: "load", Records: fl.catchUp, Writers: 512})
	if err != nil {
		return err
	}
	if err := p.raise(ctx, 1); err != nil {
		return err
	}
	r, err := p.nodes[0].ask(benchOrder{Do: "reach", Size: loaded.Size})
	if err != nil {
		return err
	}
	res.CatchUp = &benchCatchUp{Records: r.Records, Seconds: float64(r.Micros) / 1e6, PerSecond: perSecond(r)}
	p.written += fl.catchUp
	if err := p.kills(ctx, res, fl.kills); err != nil {
		return err
	}
	return p.backlog(ctx, res, fl.backlog)
}

// kills kills the other node without warning, starts it again at once, and has
// a record said: the time counts from the kill to that record's receipt.
func (p *benchPair) kills(ctx context.Context, res *benchResult, times int) error {
	p.tell("kill -9 of the other node, %d times", times)
	var took []time.Duration
	for i := range times {
		if i%10 == 9 {
			p.tell("kill %d", i+1)
		}
		t := time.Now()
		p.nodes[1].kill()
		raised := make(chan error, 1)
		go func() { raised <- p.raise(ctx, 1) }()
		if _, err := p.nodes[0].ask(benchOrder{Do: "write", Lane: "urgent", Writers: 1, Records: 1}); err != nil {
			return errors.Join(err, <-raised)
		}
		took = append(took, time.Since(t))
		if err := <-raised; err != nil {
			return err
		}
	}
	p50, _, most := quantiles(took)
	res.Crash = &benchCrash{Times: times, LogRecords: p.written, P50: p50 / 1000, Max: most / 1000}
	return nil
}

// backlog has urgent records said, one after the other, while the other node
// catches up with the routine lane.
func (p *benchPair) backlog(ctx context.Context, res *benchResult, records int) error {
	p.tell("an urgent record during a routine backlog of %d", records)
	p.nodes[1].end()
	loaded, err := p.nodes[0].ask(benchOrder{Do: "load", Records: records, Writers: 512})
	if err != nil {
		return err
	}
	if err := p.raise(ctx, 1); err != nil {
		return err
	}
	if _, err := p.nodes[0].ask(benchOrder{Do: "reach", Size: loaded.Size - uint64(records) + 1}); err != nil { // it flows
		return err
	}
	from, err := p.nodes[0].ask(benchOrder{Do: "size"})
	if err != nil {
		return err
	}
	n := min(200, max(20, records/5000))
	r, err := p.nodes[0].ask(benchOrder{Do: "write", Lane: "urgent", Writers: 1, Records: n})
	if err != nil {
		return err
	}
	left, err := p.nodes[0].ask(benchOrder{Do: "size"})
	if err != nil {
		return err
	}
	res.Urgent = &benchUrgent{Backlog: int(from.Size), Left: int(left.Size), Records: n, P50: r.P50, P99: r.P99}
	return nil
}

// benchChild is a node under measurement, seen from outside.
type benchChild struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startBenchChild(ctx context.Context, self, folder string, stderr io.Writer) (*benchChild, error) {
	c := &benchChild{cmd: exec.CommandContext(ctx, self, "bench", "node", "--data", folder)}
	c.cmd.Stderr = stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("couldn't start a node: %w", err)
	}
	if _, err := c.answer(); err != nil {
		c.kill()
		return nil, fmt.Errorf("couldn't start a node: %w", err)
	}
	return c, nil
}

func (c *benchChild) ask(o benchOrder) (benchReply, error) {
	b, err := json.Marshal(o)
	if err != nil {
		return benchReply{}, err
	}
	if _, err := c.in.Write(append(b, '\n')); err != nil {
		return benchReply{}, fmt.Errorf("a node under measurement has ended: %w", err)
	}
	r, err := c.answer()
	if err != nil {
		return r, fmt.Errorf("%s: %w", o.Do, err)
	}
	return r, nil
}

func (c *benchChild) answer() (r benchReply, err error) {
	text, err := c.out.ReadBytes('\n')
	if err != nil {
		return r, fmt.Errorf("a node under measurement has ended: %w", err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("couldn't read a node's answer: %w", err)
	}
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

// end lets the node finish what it has begun.
func (c *benchChild) end() {
	c.in.Close()
	_ = c.cmd.Wait()
}

// kill is a loss of power to the process.
func (c *benchChild) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	c.in.Close()
}

func (r *benchResult) row(writers int) benchRow {
	i := slices.IndexFunc(r.Writers, func(b benchRow) bool { return b.Writers == writers })
	if i < 0 {
		return benchRow{}
	}
	return r.Writers[i]
}
