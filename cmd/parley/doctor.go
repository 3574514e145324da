package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"parley/internal/feed"
	"parley/internal/sqlite"
	"parley/line"
	"parley/logbook"
	"parley/node"
	"parley/party"
	"parley/record"
)

func doctorCommand(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Find out what is wrong: folder, keys, clock, disk, ports, and which side of a link",
		Long: `Looks at everything that this party can look at by itself, changes nothing, and
says what to do about each thing that is wrong. For a link that is down it names
the side that fails. It ends with 1 if anything is wrong.`,
		Example: "  parley doctor --data il",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := sh.folder()
			if err != nil {
				return err
			}
			d := &doctor{f: f}
			d.examine(c.Context())
			bad := 0
			for _, x := range d.found {
				if x.State == "wrong" {
					bad++
				}
			}
			err = sh.answer(map[string]any{"ok": bad == 0, "checks": d.found}, func() {
				for _, x := range d.found {
					sh.say("%-6s  %-12s %s", x.State, x.Check, printable(x.What))
					if x.Remedy != "" {
						sh.say("        %-12s %s", "", printable(x.Remedy))
					}
				}
			})
			if err == nil && bad > 0 {
				return &failure{code: exitFailed, err: fmt.Errorf("%d things are wrong", bad), quiet: true}
			}
			return err
		},
	}
}

// finding is one thing that doctor looked at.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"` // ok, note, wrong
	What   string `json:"what"`
	Remedy string `json:"remedy,omitempty"`
}

type doctor struct {
	f     folder
	card  party.Card
	cfg   config
	found []finding
}

func (d *doctor) add(check, state, remedy, format string, args ...any) {
	d.found = append(d.found, finding{check, state, fmt.Sprintf(format, args...), remedy})
}

// wrong takes an error apart into what and remedy.
func (d *doctor) wrong(check string, err error) {
	var f *failure
	if errors.As(err, &f) {
		d.add(check, "wrong", f.remedy, "%v", f.err)
		return
	}
	d.add(check, "wrong", "", "%v", err)
}

func (d *doctor) examine(ctx context.Context) {
	var err error
	if d.card, err = d.f.card(); err != nil {
		d.wrong("folder", err)
		return
	}
	d.add("folder", "ok", "", "%s of %s", d.f.path, d.card.Party)
	cfgErr := error(nil)
	if d.cfg, cfgErr = d.f.config(); cfgErr != nil {
		d.wrong("config", cfgErr)
	} else {
		d.add("config", "ok", "", "parley.toml: %d feeds", len(d.cfg.Feeds))
	}
	d.keys()
	d.lines()
	d.clock()
	d.disk()
	status := d.node(ctx)
	if status == nil && cfgErr == nil {
		d.ports()
	}
	if status != nil {
		d.runningFeeds(status)
	} else if cfgErr == nil {
		d.feeds(ctx)
	}
	d.links(ctx, status)
}

func (d *doctor) keys() {
	bad := false
	for name, want := range map[string]party.Key{keyLog: d.card.Log, keyReceipt: d.card.Receipt, keyNode: d.card.Node, keyLink: d.card.Link} {
		s, err := d.f.signer(name)
		if err == nil && s.Public() != want {
			err = failed("Restore keys/ and card.json from one backup.", "the %s key is not the one on the card", name)
		}
		if err != nil {
			d.wrong("keys", err)
			bad = true
		}
	}
	if info, err := os.Stat(d.f.at("api.token")); err != nil {
		d.wrong("keys", fmt.Errorf("api.token: %w", err))
		bad = true
	} else if info.Mode().Perm()&0o077 != 0 {
		d.add("keys", "wrong", "Run: chmod 600 "+d.f.at("api.token"), "api.token can be read by others")
		bad = true
	}
	for _, o := range d.card.Officers {
		if _, err := os.Stat(d.f.at("officers", o.ID+".age")); err != nil {
			d.add("officers", "note", "They can't sign on at this node; a copy of officers/"+o.ID+".age would mend that.", "no key of officer %s here", o.ID)
		}
	}
	if !bad {
		d.add("keys", "ok", "", "the machine's four keys are those on the card, and only its account can read them")
	}
}

// feeds tries each source of tracks: without it our own are neither drawn nor
// held against anybody's volumes, and nothing else says so.
func (d *doctor) feeds(ctx context.Context) {
	for _, f := range d.cfg.Feeds {
		check := "feed " + f.Name
		if f.File != "" {
			if _, err := os.Stat(f.File); err != nil {
				d.add(check, "wrong", "Mend its file = in parley.toml.", "%v", err)
				continue
			}
			d.add(check, "ok", "", "%s is there", f.File)
			continue
		}
		short, cancel := context.WithTimeout(ctx, 3*time.Second)
		conn, err := (&net.Dialer{}).DialContext(short, "tcp", f.Address)
		cancel()
		if err != nil {
			d.add(check, "wrong", "Is the receiver on, and does it serve SBS-1 there?", "no tracks come: %v", err)
			continue
		}
		conn.Close()
		d.add(check, "ok", "", "%s answers", f.Address)
	}
}

// runningFeeds says of each feed what the node that reads it says: some
// receivers serve one reader only, so doctor does not connect beside it.
func (d *doctor) runningFeeds(s *node.Status) {
	for _, f := range s.Feeds {
		check := "feed " + f.Name
		switch {
		case !f.Connected && f.LastError == feed.ErrEnded.Error():
			d.add(check, "note", "", "%s has ended after %d reports", f.Source, f.Reports)
		case !f.Connected:
			d.add(check, "wrong", "Is the receiver on, and does it serve SBS-1 there?", "no tracks come from %s since %s: %s", f.Source, f.Since, f.LastError)
		case f.Reports == 0 && f.Refused > 0:
			d.add(check, "wrong", "Compare the two clocks, and utc_offset in parley.toml.", "%s: all %d reports were refused: %s", f.Source, f.Refused, f.LastError)
		case f.Refused > 0 || f.Bad > 0:
			d.add(check, "note", "", "%s: %d reports, %d refused, %d lines unreadable: %s", f.Source, f.Reports, f.Refused, f.Bad, f.LastError)
		default:
			d.add(check, "ok", "", "%s: %d reports", f.Source, f.Reports)
		}
	}
}

func (d *doctor) lines() {
	all, err := d.f.charters()
	if err != nil {
		d.wrong("lines", err)
		return
	}
	if len(all[homeName]) == 0 {
		d.add("lines", "wrong", "Restore it from a backup.", "home.charter is missing")
	}
	for _, name := range sorted(all) {
		ch, id, err := checkCharters(all[name])
		if err != nil {
			d.add("line "+name, "wrong", "Restore it from a backup, or from another party.", "%v", err)
			continue
		}
		mine, ok := ch.Card(d.card.Party)
		switch {
		case !ok:
			d.add("line "+name, "note", "", "%s has left this line", d.card.Party)
		case mine.Fingerprint() != d.card.Fingerprint():
			d.add("line "+name, "note", "Bring it with: parley line amend "+name+" --card "+d.f.at("card.json"), "its charter has an older card of %s", d.card.Party)
		}
		d.logs(name, id, all[name])
	}
}

// logs opens every logbook of a line as the node would, but for reading only:
// its head's signature and the newest records against it.
func (d *doctor) logs(name string, id record.LineID, charters [][]byte) {
	paths, err := filepath.Glob(d.f.at("logs", id.String()[:32], "*.sqlite"))
	if err != nil {
		d.wrong("line "+name, err)
		return
	}
	entries := uint64(0)
	for _, path := range paths {
		size, err := openLog(id, path, charters)
		if err != nil {
			d.wrong("line "+name, err)
			return
		}
		entries += size
	}
	d.add("line "+name, "ok", "", "%d logbooks with %d records open; parley verify %s checks every one", len(paths), entries, d.f.path)
}

// openLog opens one logbook for reading by whichever of its author's keys its
// head is signed with, the newest first, and gives its size.
func openLog(id record.LineID, path string, charters [][]byte) (uint64, error) {
	log, err := logOf(id, path)
	if err != nil {
		return 0, err
	}
	s, err := sqlite.OpenReadOnly(path)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	err = fmt.Errorf("no charter of the line has a card of %s", log.Party)
	for _, raw := range slices.Backward(charters) {
		cr, perr := line.ParseCharterRecord(raw)
		if perr != nil {
			return 0, perr
		}
		ch, perr := record.ParseCharter(cr.Charter)
		if perr != nil {
			return 0, perr
		}
		if card, ok := ch.Card(log.Party); ok {
			var l *logbook.Log
			if l, err = logbook.Open(log, s, card.Log); err == nil {
				return l.Size(), nil
			}
		}
	}
	return 0, err
}

func (d *doctor) clock() {
	now := time.Now()
	if now.Year() < 2025 || now.Year() > 2100 {
		d.add("clock", "wrong", "Set the machine's clock.", "it says %s", now.UTC().Format(time.RFC3339))
		return
	}
	if synced, known := clockSynced(); known && !synced {
		d.add("clock", "note", "Run a time service (chrony, ntpd); each line shows the skew to the others.", "the kernel says that the clock is not kept by a time service")
		return
	}
	d.add("clock", "ok", "", "%s", now.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func (d *doctor) disk() {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(d.f.path, &fs); err == nil {
		free := uint64(fs.Bavail) * uint64(fs.Bsize)
		if free < 1<<30 {
			d.add("disk", "wrong", "Make room; a full disk means that words are not logged.", "%d MB are free", free>>20)
			return
		}
	}
	began := time.Now()
	const rounds = 5
	for range rounds {
		if err := d.f.write(".doctor", []byte("fsync"), 0o600); err != nil {
			d.wrong("disk", err)
			return
		}
	}
	os.Remove(d.f.at(".doctor"))
	each := time.Since(began) / rounds
	if each > 200*time.Millisecond {
		d.add("disk", "note", "Each record waits for the disk; a faster one makes each line faster.", "a durable write takes %s", each.Round(time.Microsecond))
		return
	}
	d.add("disk", "ok", "", "a durable write takes %s", each.Round(time.Microsecond))
}

// node asks the running node, if any, how it is.
func (d *doctor) node(ctx context.Context) *node.Status {
	c, err := d.f.dial()
	if err != nil {
		var f *failure
		if errors.As(err, &f) && f.code == exitNoNode {
			d.add("node", "note", f.remedy, "no node is running")
			return nil
		}
		d.wrong("node", err)
		return nil
	}
	var s node.Status
	if err := c.call(ctx, "GET", "/v1/status", nil, &s); err != nil {
		var f *failure
		if errors.As(err, &f) && f.code == exitNoNode {
			if lock, lockErr := d.f.lock(); lockErr == nil {
				lock.Close()
				d.add("node", "note", "Start it: parley serve --data "+d.f.path, "no node is running; run.json was left behind by one that was killed")
				return nil
			}
		}
		d.wrong("node", err)
		return nil
	}
	d.add("node", "ok", "", "running at %s, version %s, %d alerts not acknowledged, %d records not receipted", c.base, s.Version, s.Alerts, s.Unreceipted)
	if s.Unlogged {
		d.add("node", "wrong", "Look at the disk; see the node's log.", "the disk fails: what is said now is not logged")
	}
	return &s
}

// ports tries to listen where the node would.
func (d *doctor) ports() {
	for key, addr := range map[string]string{"listen": d.cfg.Listen, "console": d.cfg.Console} {
		if addr == "" {
			continue
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			d.add("ports", "wrong", "Another program has it; choose another "+key+" in parley.toml.", "can't listen on %s (%s): %v", addr, key, err)
			continue
		}
		l.Close()
		d.add("ports", "ok", "", "%s %s is free", key, addr)
	}
}

// links looks at each line's links through the running node, which knows best;
// without one it knocks at the others' doors itself.
func (d *doctor) links(ctx context.Context, s *node.Status) {
	if s != nil {
		for _, l := range s.Lines {
			for _, p := range l.Peers {
				name := "link " + l.Name
				switch {
				case p.State == "up" && (p.SkewMs > 2000 || p.SkewMs < -2000):
					d.add(name, "note", "One of the two clocks is wrong; compare both with a third.", "%s: up, but its clock is %+.1f s from ours", p.Party, p.SkewMs/1000)
				case p.State == "up":
					d.add(name, "ok", "", "%s: up, round trip %.1f ms, clock %+.0f ms from ours", p.Party, p.RTTMs, p.SkewMs)
				default:
					why := p.Error
					if why == "" {
						why = "nothing was heard yet"
					}
					d.add(name, "wrong", "", "%s: down since %s: %s", p.Party, p.Since, why)
				}
			}
		}
		return
	}
	all, err := d.f.charters()
	if err != nil {
		return // lines said so
	}
	for _, name := range sorted(all) {
		ch, _, err := checkCharters(all[name])
		if err != nil || ch.Home {
			continue
		}
		for _, card := range ch.Cards {
			if card.Party != d.card.Party {
				d.knock(ctx, "link "+name, card)
			}
		}
	}
}

// knock tries the addresses of a party as far as the key that it shows. A party
// that answers at none of them is not reached, and that is wrong; where one
// answers, the others are worth a note.
func (d *doctor) knock(ctx context.Context, check string, card party.Card) {
	if len(card.Addresses) == 0 {
		d.add(check, "note", "", "%s: its card has no address; it must reach us", card.Party)
		return
	}
	seed, err := d.f.seed(keyLink)
	if err != nil {
		return // keys said so
	}
	conf, err := knockTLS(seed, card)
	if err != nil {
		d.wrong(check, err)
		return
	}
	var bad []finding
	state := "wrong"
	for _, addr := range card.Addresses {
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		conn, err := (&tls.Dialer{Config: conf}).DialContext(short, "tcp", addr)
		cancel()
		if err != nil {
			what, remedy := knockWords(addr, err)
			bad = append(bad, finding{Check: check, What: fmt.Sprintf("%s at %s: %s", card.Party, addr, what), Remedy: remedy})
			continue
		}
		conn.Close()
		state = "note"
		d.add(check, "ok", "", "%s answers at %s with the key of the charter", card.Party, addr)
	}
	for _, x := range bad {
		x.State = state
		d.found = append(d.found, x)
	}
}

// knockWords says what a knock that failed means, and on whose side it is.
func knockWords(addr string, err error) (what, remedy string) {
	var op *net.OpError
	var dns *net.DNSError
	var stranger tls.RecordHeaderError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "their machine answers, but nothing listens", "Their side: is their node running, and does it listen there?"
	case errors.As(err, &dns):
		return fmt.Sprintf("the name of their address does not resolve: %v", dns), "Their card, or our name service: ask them for the address."
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Sprintf("not reached: %v", op.Err), "Between us: a firewall, a route, or their machine is off."
	case errors.Is(err, errOtherKey):
		return err.Error(), "Their side: another node, or a new key that needs an amendment of the charter."
	case errors.As(err, &stranger), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, context.DeadlineExceeded), strings.Contains(err.Error(), "tls:"):
		return fmt.Sprintf("what answers at %s is no Parley node (%v)", addr, err), "Their side: something else holds that port, or their card has the wrong address."
	}
	return err.Error(), "Their side, as far as can be told from here."
}
