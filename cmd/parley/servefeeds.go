package main

import (
	"context"
	"fmt"
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

// feed starts the feeds. What they report goes to the node in batches, so that
// a busy sky does not fill its loop.
func (s *server) feed(start func(string, func(context.Context) error)) error {
	standing := s.cfg.Tracked.standing()
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
		s.feeds = append(s.feeds, fd)
		start("feed "+fc.Name, func(ctx context.Context) error {
			defer close(reports)
			err := fd.Run(ctx)
			s.log.Info("feed ended", "feed", fc.Name, "stats", fmt.Sprintf("%+v", fd.Stats()))
			return err
		})
		start("feed "+fc.Name, func(context.Context) error {
			s.deliver(reports, standing)
			return nil
		})
	}
	return nil
}

func (s *server) deliver(reports <-chan track.Report, standing func(string) track.Standing) {
	for r := range reports {
		batch := []node.TrackReport{{Report: r, Standing: standing(r.ID)}}
		for len(batch) < 500 && len(reports) > 0 {
			r, ok := <-reports
			if !ok {
				break
			}
			batch = append(batch, node.TrackReport{Report: r, Standing: standing(r.ID)})
		}
		if _, err := s.node.Report(context.Background(), batch); err != nil {
			s.log.Debug("a track report was refused", "err", err)
		}
	}
}
