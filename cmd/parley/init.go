package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/party"
	"parley/utc"
)

type initFlags struct {
	party, name string
	officers    []string
	addresses   []string
	listen      string
	console     string
	pass        []string
	exercise    bool
	workFactor  int
}

func initCommand(sh *shell) *cobra.Command {
	var fl initFlags
	c := &cobra.Command{
		Use:   "init",
		Short: "Make this party's data folder: keys, card, officers, home line",
		Long: `Makes the data folder of a party's node: the machine's keys, one key for each
officer under that officer's passphrase, the card that the other parties get,
the home line for what is the party's own, and parley.toml.

Each --officer is ID:NAME:ROLES. Roles, by comma: duty (answers first), deputy
(called next), chief (signs charters), observer (reads only). At least one
officer is a chief.

It refuses to write over a folder that holds a party already.`,
		Example: `  parley init --data il --party IL --name "Israel Defense Forces" \
    --officer "levi:Maj. Levi:duty,chief" --officer "cohen:Lt. Cohen:deputy" \
    --listen 0.0.0.0:7443 --address hotline.example.org:7443`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return initFolder(sh, fl) },
	}
	f := c.Flags()
	f.StringVar(&fl.party, "party", "", "short name on every line: A-Z, 0-9 and -, such as IL or UN-OPS (needed)")
	f.StringVar(&fl.name, "name", "", "the party's full name (needed)")
	f.StringArrayVar(&fl.officers, "officer", nil, "`ID:NAME:ROLES`; once for each officer (needed)")
	f.StringArrayVar(&fl.addresses, "address", nil, "`HOST:PORT` where the other parties reach this node; stands on the card")
	f.StringVar(&fl.listen, "listen", "", "`HOST:PORT` to listen on for other parties (default: the port of the first --address on all interfaces)")
	f.StringVar(&fl.console, "console", "127.0.0.1:7480", "`HOST:PORT` of console and API, loopback only; port 0 picks a free one")
	f.StringArrayVar(&fl.pass, "passphrase-file", nil, passphraseFlagHelp)
	f.BoolVar(&fl.exercise, "exercise", false, "for exercises only: the node may step or scale its clock, and every record says exercise")
	f.IntVar(&fl.workFactor, "work-factor", party.DefaultWorkFactor, "scrypt cost of the officers' keys, 2^N; below 15 only with --exercise")
	c.MarkFlagRequired("party")
	c.MarkFlagRequired("name")
	c.MarkFlagRequired("officer")
	return c
}

// initAnswer is what init says with --json.
type initAnswer struct {
	Data        string     `json:"data"`
	Card        party.Card `json:"card"`
	Fingerprint string     `json:"fingerprint"`
	Words       []string   `json:"words"`
	Files       []string   `json:"files"`
}

// initFolder makes everything in memory first, so that a wrong flag or a
// passphrase that was not given leaves nothing behind. card.json is written
// last: a folder without it is no folder yet, and init may be run again.
func initFolder(sh *shell, fl initFlags) error {
	f, err := sh.folder()
	if err != nil {
		return err
	}
	if _, err := os.Stat(f.at("card.json")); err == nil {
		return usage("Choose another --data, or move the old folder away if you are sure.", "%s holds a party already; nothing was changed", f.path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("couldn't look into %s: %w", f.path, err)
	}
	if fl.workFactor < 15 && !fl.exercise {
		return usage("Leave it out for the default.", "--work-factor %d is too weak for a real line", fl.workFactor)
	}
	if fl.listen == "" && len(fl.addresses) > 0 {
		if i := strings.LastIndexByte(fl.addresses[0], ':'); i >= 0 {
			fl.listen = "0.0.0.0" + fl.addresses[0][i:]
		}
	}
	cfg := defaultConfig()
	cfg.Listen, cfg.Console = fl.listen, fl.console
	if err := cfg.validate(); err != nil {
		return usage("See: parley init --help", "--%v", err)
	}
	files := map[string][]byte{"parley.toml": fmt.Appendf(nil, configText, fl.party, oneLine(fl.name), fl.listen, fl.console)}
	card := party.Card{Party: party.ID(fl.party), Name: fl.name, Addresses: fl.addresses}
	for name, key := range map[string]*party.Key{keyLog: &card.Log, keyReceipt: &card.Receipt, keyNode: &card.Node, keyLink: &card.Link} {
		signer, seed, err := party.Generate(rand.Reader)
		if err != nil {
			return fmt.Errorf("couldn't make the %s key: %w", name, err)
		}
		*key = signer.Public()
		files["keys/"+name+".key"] = []byte(hex.EncodeToString(seed[:]) + "\n")
	}
	chief, err := makeOfficers(sh, fl, &card, files)
	if err != nil {
		return err
	}
	if err := card.Validate(); err != nil {
		return usage("See: parley init --help", "the card can't be made: %v", err)
	}
	if files["home.charter"], err = homeCharter(card, chief, fl.exercise, utc.From(time.Now())); err != nil {
		return err
	}
	token := make([]byte, 32)
	rand.Read(token)
	files["api.token"] = []byte(hex.EncodeToString(token) + "\n")
	text, err := json.MarshalIndent(card, "", "  ")
	if err != nil {
		return fmt.Errorf("couldn't write the card: %w", err)
	}
	names := sorted(files)
	for _, name := range names {
		if err := f.write(name, files[name], 0o600); err != nil {
			return err
		}
	}
	if err := f.write("card.json", append(text, '\n'), 0o644); err != nil {
		return err
	}
	fp := card.Fingerprint()
	a := initAnswer{Data: f.path, Card: card, Fingerprint: hex.EncodeToString(fp[:]), Words: party.Words(fp), Files: append(names, "card.json")}
	return sh.answer(a, func() { printInit(sh, a, fl) })
}

// makeOfficers makes a key for each officer and gives the first chief's.
func makeOfficers(sh *shell, fl initFlags, card *party.Card, files map[string][]byte) (party.Signer, error) {
	var chief party.Signer
	pass := passphrases{sh: sh, files: fl.pass}
	for _, text := range fl.officers {
		o, err := parseOfficer(text)
		if err != nil {
			return nil, err
		}
		if _, ok := card.Officer(o.ID); ok {
			return nil, usage("Give each officer an id of their own.", "--officer %s stands there twice", o.ID)
		}
		phrase, err := pass.of(o.ID, true)
		if err != nil {
			return nil, err
		}
		signer, seed, err := party.Generate(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("couldn't make the key of officer %s: %w", o.ID, err)
		}
		o.Key = signer.Public()
		if files["officers/"+o.ID+".age"], err = party.EncryptKey(seed, phrase, fl.workFactor); err != nil {
			return nil, usage("", "couldn't encrypt the key of officer %s: %v", o.ID, err)
		}
		if chief == nil && o.Has(party.Chief) {
			chief = signer
		}
		card.Officers = append(card.Officers, o)
	}
	if chief == nil {
		return nil, usage(`Give one of them the role chief: --officer "levi:Maj. Levi:duty,chief"`, "no officer has the role chief, so nobody could sign a charter")
	}
	return chief, nil
}

// parseOfficer reads ID:NAME:ROLES; the name may hold colons.
func parseOfficer(s string) (party.Officer, error) {
	first, last := strings.IndexByte(s, ':'), strings.LastIndexByte(s, ':')
	if first < 0 || first == last {
		return party.Officer{}, usage(`Such as --officer "levi:Maj. Levi:duty,chief"`, "--officer %q: want ID:NAME:ROLES", s)
	}
	o := party.Officer{ID: s[:first], Name: s[first+1 : last]}
	if err := party.CheckOfficerID(o.ID); err != nil {
		return o, usage("", "--officer %q: %v", s, err)
	}
	for _, r := range strings.Split(s[last+1:], ",") {
		role := party.Role(strings.TrimSpace(r))
		if !role.Known() {
			return o, usage("Roles: duty, deputy, chief, observer.", "--officer %s: unknown role %q", o.ID, role)
		}
		o.Roles = append(o.Roles, role)
	}
	return o, nil
}

func printInit(sh *shell, a initAnswer, fl initFlags) {
	sh.say("Made the data folder of %s (%s): %s", a.Card.Party, a.Card.Name, a.Data)
	sh.say("")
	for _, o := range a.Card.Officers {
		sh.say("  officer  %-12s %s (%s)", o.ID, o.Name, roles(o.Roles))
	}
	if fl.exercise {
		sh.say("  EXERCISE: this node may step its clock, and every record of it says so")
	}
	sh.say("")
	sh.say("  card.json is for the other parties; it holds no secret. Its fingerprint, to be")
	sh.say("  compared by telephone before anybody signs a charter:")
	sh.say("")
	for _, l := range wordLines(a.Words) {
		sh.say("      %s", l)
	}
	sh.say("")
	sh.say("  keys/ and officers/ are secret. Back the folder up, but never run two copies.")
	sh.say("")
	sh.say("Next:  parley line propose --help      agree on a line with another party")
	sh.say("       parley serve --data %s", a.Data)
}

func roles(rs []party.Role) string {
	var s []string
	for _, r := range rs {
		s = append(s, string(r))
	}
	return strings.Join(s, ", ")
}

// wordLines sets words in lines of four, numbered, as they are read aloud.
func wordLines(words []string) []string {
	var lines []string
	for i := 0; i < len(words); i += 4 {
		var l string
		for j := i; j < min(i+4, len(words)); j++ {
			l += fmt.Sprintf("%2d %-10s", j+1, words[j])
		}
		lines = append(lines, strings.TrimRight(l, " "))
	}
	return lines
}

// oneLine keeps a name from breaking out of a comment.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
