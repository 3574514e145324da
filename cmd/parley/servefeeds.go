package main

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"parley/internal/feed"
	"parley/node"
	"parley/record"
	"parley/track"
)

// minute puts the digest of a closed minute on the home line. It is called
// outside the node's loop.
func (s *server) minute(ctx context.Context) func(record.Minute) {
	return func(m record.Minute) {
		if err := s.node.RecordMinute(context.WithoutCancel(ctx), m); err != nil {
			s.log.Error("couldn't log the digest of a minute of tracks", "minute", m.From, "err", err)
		}
	}
}

// tick lets the recorder close a minute when nothing is reported any more.
func (s *server) tick(ctx context.Context) error {
	for t := time.NewTicker(5 * time.Second); ; {
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-t.C:
			if rec := s.rec.Load(); rec != nil {
				rec.Tick(s.node.Now())
			}
		}
	}
}

// source is one feed with what became of its reports here.
type source struct {
	*feed.Feed
	from     string // host:port or file
	standing string // of tracks that the folder does not name

	mu      sync.Mutex
	refused uint64    // by the node
	why     string    // the newest refusal
	told    time.Time // when a refusal was last logged
	untold  int       // refused since
}

// status puts what the feed counted and what the node refused together.
func (x *source) status() node.FeedStatus {
	st := x.Stats()
	x.mu.Lock()
	defer x.mu.Unlock()
	f := node.FeedStatus{Name: st.Name, Source: x.from, Standing: x.standing, Connected: st.Connected, Since: st.Since, LastHeard: st.LastHeard,
		Reports: st.Reports, Bad: st.Bad, Refused: st.Ahead + st.Behind + st.Full + x.refused}
	if !st.Connected {
		f.LastError = st.LastError
	}
	for _, why := range []string{x.why, st.Refusal, st.LastBad, st.LastError} {
		if f.LastError == "" {
			f.LastError = why
		}
	}
	return f
}

// refusalsEvery is how often refused reports of one feed are logged: a receiver
// whose clock is wrong is refused some hundred times a second.
const refusalsEvery = time.Minute

// refuse counts n refused reports; it gives how many to tell of now, if any.
func (x *source) refuse(n int, why error, now time.Time) (tell int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.refused += uint64(n)
	x.untold += n
	x.why = why.Error()
	if !x.told.IsZero() && now.Sub(x.told) < refusalsEvery {
		return 0
	}
	tell, x.told, x.untold = x.untold, now, 0
	return tell
}

// seat is the node as its own people see it: with the feeds, which run beside it.
type seat struct {
	*node.Node
	s *server
}

// Status adds the feeds to what the node says.
func (t seat) Status(ctx context.Context) (node.Status, error) {
	st, err := t.Node.Status(ctx)
	st.Feeds = []node.FeedStatus{}
	if feeds := t.s.feeds.Load(); feeds != nil {
		for _, x := range *feeds {
			st.Feeds = append(st.Feeds, x.status())
		}
	}
	return st, err
}

// feed starts the feeds. What they report goes to the node in batches, so that
// a busy sky does not fill its loop.
func (s *server) feed(start func(string, func(context.Context) error)) error {
	standing := s.cfg.Tracked.standing()
	var all []*source
	for _, fc := range s.cfg.Feeds {
		offset, err := fc.offset()
		if err != nil {
			return err
		}
		reports := make(chan track.Report, 4096)
		fd, err := feed.New(feed.Config{Name: fc.Name, Address: fc.Address, File: fc.File, Offset: offset, Now: s.node.Now,
			Emit: func(r track.Report) { reports <- r }, Trace: func(msg string) { s.log.Info(msg) }})
		if err != nil {
			return err
		}
		x := &source{Feed: fd, from: cmp.Or(fc.Address, fc.File), standing: s.cfg.Tracked.rest().String()}
		all = append(all, x)
		start("feed "+fc.Name, func(ctx context.Context) error {
			defer close(reports)
			err := fd.Run(ctx)
			s.log.Info("feed ended", "feed", fc.Name, "stats", fmt.Sprintf("%+v", fd.Stats()))
			return err
		})
		start("feed "+fc.Name, func(context.Context) error {
			s.deliver(x, reports, standing)
			return nil
		})
	}
	s.feeds.Store(&all)
	return nil
}

func (s *server) deliver(x *source, reports <-chan track.Report, standing func(string) track.Standing) {
	for r := range reports {
		batch := []node.TrackReport{{Report: r, Standing: standing(r.ID)}}
		for len(batch) < 500 && len(reports) > 0 {
			r, ok := <-reports
			if !ok {
				break
			}
			batch = append(batch, node.TrackReport{Report: r, Standing: standing(r.ID)})
		}
		taken, err := s.node.Report(context.Background(), batch)
		if err == nil {
			continue
		}
		if n := x.refuse(len(batch)-taken, err, time.Now()); n > 0 {
			s.log.Warn("track reports were refused", "feed", x.Stats().Name, "refused", n, "newest", err)
		}
	}
}
