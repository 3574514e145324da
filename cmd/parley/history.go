package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"parley/internal/sqlite"
	"parley/line"
	"parley/logbook"
	"parley/party"
	"parley/record"
)

// history reads a line as it lies in the folder, beside a running node or
// without one. Nothing is believed or checked; line.Verify does that.
func (f folder) history(self party.ID, charters [][]byte) (line.History, error) {
	h := line.History{Holder: self, Charters: charters}
	_, id, err := checkCharters(charters)
	if err != nil {
		// The first charter's hash is the line's id even where a later one is bad.
		cr, perr := line.ParseCharterRecord(charters[0])
		if perr != nil {
			return h, perr
		}
		id = record.LineID(record.CharterHash(cr.Charter))
	}
	dir := filepath.Dir(f.logFile(logbook.ID{Line: id, Party: self, Lane: record.Urgent, Incarnation: 1}))
	paths, err := filepath.Glob(filepath.Join(dir, "*.sqlite"))
	if err != nil {
		return h, fmt.Errorf("couldn't list the logbooks: %w", err)
	}
	for _, path := range paths {
		log, err := logOf(id, path)
		if err != nil {
			return h, err
		}
		store, err := sqlite.OpenReadOnly(path)
		if err != nil {
			return h, err
		}
		c, err := line.Copy(log, store)
		store.Close()
		if err != nil {
			return h, err
		}
		h.Logs = append(h.Logs, c)
	}
	return h, nil
}

// logOf reads a logbook's name from its file: PARTY-lane-N.sqlite.
func logOf(id record.LineID, path string) (logbook.ID, error) {
	l := logbook.ID{Line: id}
	bad := fmt.Errorf("%s is not named PARTY-lane-N.sqlite", path)
	name := strings.TrimSuffix(filepath.Base(path), ".sqlite")
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return l, bad
	}
	n, err := strconv.ParseUint(name[i+1:], 10, 32)
	if err != nil {
		return l, bad
	}
	l.Incarnation, name = uint32(n), name[:i]
	if i = strings.LastIndexByte(name, '-'); i < 0 {
		return l, bad
	}
	if err := l.Lane.UnmarshalText([]byte(name[i+1:])); err != nil {
		return l, bad
	}
	l.Party = party.ID(name[:i])
	if l.Validate() != nil {
		return l, bad
	}
	return l, nil
}

// openStore opens or makes the store of a logbook.
func (f folder) openStore(id logbook.ID) (logbook.Store, error) {
	path := f.logFile(id)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the folder of a logbook: %w", err)
	}
	return sqlite.Open(path)
}
