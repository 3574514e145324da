package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"

	"parley/logbook"
	"parley/party"
)

// folder is one party's data folder:
//
//	parley.toml                       the configuration, for people to edit
//	card.json                         what the other parties get from us
//	keys/{log,receipt,node,link}.key  the machine's keys (hex seed), 0600
//	officers/ID.age                   each officer's key, under a passphrase
//	home.charter, home.charter.N      the home line's charter and amendments
//	lines/NAME.charter[.N]            each line's charter and amendments
//	logs/LINE/PARTY-lane-N.sqlite     the logbooks
//	tracks/YYYYMMDD/HHMM.ndjson       recorded tracks, which never leave
//	api.token                         what lets the command line in, 0600
//	run.json                          where the running node is; gone when it stops
//	lock                              held by the running node
//
// Every file is written whole under another name, synced and renamed, so a
// crash leaves the old one or the new one.
type folder struct{ path string }

func (f folder) at(parts ...string) string {
	return filepath.Join(append([]string{f.path}, parts...)...)
}

// made says whether `parley init` has been here, as an error that says what to do.
func (f folder) made() error {
	if _, err := os.Stat(f.at("card.json")); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return usage("Make one with: parley init --data "+f.path+" ...   or point --data at the right one.",
				"%s is no data folder of Parley: it has no card.json", f.path)
		}
		return fmt.Errorf("couldn't read the data folder: %w", err)
	}
	return nil
}

// write replaces a file durably: the new content is on disk when it returns.
func (f folder) write(name string, b []byte, mode os.FileMode) error {
	return writeFile(f.at(name), b, mode)
}

func writeFile(path string, b []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("couldn't make the folder for %s: %w", path, err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("couldn't sync %s: %w", path, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("couldn't sync %s: %w", path, err)
	}
	return nil
}

// readBounded reads a file of at most most bytes.
func readBounded(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder", path)
	}
	if info.Size() > most {
		return nil, fmt.Errorf("%s is %d bytes, at most %d", path, info.Size(), most)
	}
	return os.ReadFile(path)
}

func (f folder) card() (party.Card, error) {
	if err := f.made(); err != nil {
		return party.Card{}, err
	}
	return readCard(f.at("card.json"))
}

// readCard reads and checks a card, ours or another party's.
func readCard(path string) (party.Card, error) {
	var c party.Card
	b, err := readBounded(path, 1<<20)
	if err != nil {
		return c, failed("", "couldn't read the card: %w", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return c, usage("Ask the party for its card.json again.", "%s is no card: %v", path, err)
	}
	if dec.More() {
		return c, usage("Ask the party for its card.json again.", "%s is no card: something follows it", path)
	}
	if err := c.Validate(); err != nil {
		return c, usage("Ask the party for its card.json again.", "%s is no card: %v", path, err)
	}
	return c, nil
}

// The machine's keys.
const (
	keyLog     = "log"
	keyReceipt = "receipt"
	keyNode    = "node"
	keyLink    = "link"
)

// seed reads one of the machine's keys. The error never shows its content.
func (f folder) seed(name string) ([32]byte, error) {
	var seed [32]byte
	path := f.at("keys", name+".key")
	info, err := os.Stat(path)
	if err != nil {
		return seed, fmt.Errorf("couldn't read the %s key: %w", name, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return seed, failed("Run: chmod 600 "+path, "the %s key can be read by others (mode %04o)", name, info.Mode().Perm())
	}
	b, err := readBounded(path, 1024)
	if err != nil {
		return seed, fmt.Errorf("couldn't read the %s key: %w", name, err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(raw) != len(seed) {
		return seed, failed("Restore it from a backup.", "couldn't read the %s key: %s does not hold 64 hex digits", name, path)
	}
	return [32]byte(raw), nil
}

func (f folder) signer(name string) (party.Signer, error) {
	seed, err := f.seed(name)
	if err != nil {
		return nil, err
	}
	return party.NewSigner(seed), nil
}

// officer decrypts an officer's key.
func (f folder) officer(id, passphrase string) (party.Signer, error) {
	b, err := f.officerFile(id)
	if err != nil {
		return nil, err
	}
	s, err := party.DecryptKey(b, passphrase)
	if err != nil {
		return nil, failed("Try again; the passphrase is the one given for this officer at parley init.",
			"couldn't open the key of officer %s: %w", id, err)
	}
	return s, nil
}

func (f folder) officerFile(id string) ([]byte, error) {
	if err := party.CheckOfficerID(id); err != nil {
		return nil, usage("Officers are named as in card.json.", "officer %q: %v", id, err)
	}
	b, err := readBounded(f.at("officers", id+".age"), 64<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage("Its officers: "+strings.Join(f.officers(), ", "), "this party has no officer %q", id)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the key of officer %s: %w", id, err)
	}
	return b, nil
}

// officers lists those whose keys are here.
func (f folder) officers() []string {
	paths, _ := filepath.Glob(f.at("officers", "*.age"))
	var ids []string
	for _, p := range paths {
		ids = append(ids, strings.TrimSuffix(filepath.Base(p), ".age"))
	}
	return ids
}

// charters reads every accepted CharterRecord of the party's lines, by the
// file's NAME, ascending by revision. The home line is under "home".
func (f folder) charters() (map[string][][]byte, error) {
	all := make(map[string][][]byte)
	paths, err := filepath.Glob(f.at("lines", "*.charter*"))
	if err != nil {
		return nil, fmt.Errorf("couldn't list the lines: %w", err)
	}
	home, err := filepath.Glob(f.at("home.charter*"))
	if err != nil {
		return nil, fmt.Errorf("couldn't list the home line's charters: %w", err)
	}
	type one struct {
		name string
		rev  int
		path string
	}
	var found []one
	for _, path := range append(home, paths...) {
		name, rest, _ := strings.Cut(filepath.Base(path), ".charter")
		rev := 0
		if rest != "" {
			if rev, err = strconv.Atoi(strings.TrimPrefix(rest, ".")); err != nil || rev < 1 || rest[0] != '.' {
				continue // an editor's backup, say
			}
		}
		found = append(found, one{name, rev, path})
	}
	sort.Slice(found, func(i, j int) bool {
		return found[i].name < found[j].name || found[i].name == found[j].name && found[i].rev < found[j].rev
	})
	for _, c := range found {
		if len(all[c.name]) != c.rev {
			return nil, failed("Restore the missing file from a backup, or from another party.",
				"line %s: %s is revision %d, but revision %d is missing", c.name, c.path, c.rev, len(all[c.name]))
		}
		b, err := readBounded(c.path, 1<<20)
		if err != nil {
			return nil, fmt.Errorf("couldn't read the charter of %s: %w", c.name, err)
		}
		all[c.name] = append(all[c.name], b)
	}
	return all, nil
}

// charterFile is where revision rev of a line's charter is kept.
func (f folder) charterFile(name string, home bool, rev int) string {
	file := f.at("lines", name+".charter")
	if home {
		file = f.at("home.charter")
	}
	if rev > 0 {
		file += "." + strconv.Itoa(rev)
	}
	return file
}

// logFile is where a logbook is kept.
func (f folder) logFile(id logbook.ID) string {
	return f.at("logs", hex.EncodeToString(id.Line[:16]), fmt.Sprintf("%s-%s-%d.sqlite", id.Party, id.Lane, id.Incarnation))
}

// lock makes sure that one process has the folder. The lock ends with the
// process, however it ends.
func (f folder) lock() (*os.File, error) {
	file, err := os.OpenFile(f.at("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("couldn't lock the data folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			where := ""
			if r, err := f.running(); err == nil {
				where = fmt.Sprintf(" (process %d)", r.PID)
			}
			return nil, failed("Stop it first; two nodes on one folder would write two histories.",
				"a node is already running on %s%s", f.path, where)
		}
		return nil, fmt.Errorf("couldn't lock the data folder: %w", err)
	}
	return file, nil
}

// runFile is run.json.
type runFile struct {
	PID     int    `json:"pid"`
	API     string `json:"api"`            // http://127.0.0.1:port
	Peer    string `json:"peer,omitempty"` // host:port
	Version string `json:"version"`
}

// running reads run.json. A file that a crash left behind is found out by
// whoever then calls the address.
func (f folder) running() (runFile, error) {
	var r runFile
	b, err := readBounded(f.at("run.json"), 64<<10)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("couldn't read run.json: %w", err)
	}
	return r, nil
}
