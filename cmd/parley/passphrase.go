package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// MinPassphrase is the shortest passphrase that init takes, in bytes. Whoever
// copies the data folder can try offline; scrypt makes each try cost a second.
const MinPassphrase = 10

// passphrases finds the passphrase of an officer: from --passphrase-file, from
// PARLEY_PASSPHRASE, or from the terminal. Never from the command line, which
// every process on the machine can read.
type passphrases struct {
	sh    *shell
	files []string // "FILE" for all, or "OFFICER=FILE"
}

const passphraseFlagHelp = "read the passphrase from `FILE` (its first line); OFFICER=FILE for one officer"

// of gives the officer's passphrase; ask twice when it is a new one.
func (p passphrases) of(officer string, fresh bool) (string, error) {
	pass, from, err := p.find(officer, fresh)
	if err != nil {
		return "", err
	}
	if pass == "" {
		return "", usage("Write it on the first line.", "the passphrase for officer %s (from %s) is empty", officer, from)
	}
	if fresh && len(pass) < MinPassphrase {
		return "", usage("Four words picked by dice are good.", "the passphrase for officer %s has %d characters, at least %d are needed", officer, len(pass), MinPassphrase)
	}
	if len(pass) > 1024 {
		return "", usage("", "the passphrase for officer %s has %d characters, at most 1024", officer, len(pass))
	}
	return pass, nil
}

func (p passphrases) find(officer string, fresh bool) (pass, from string, err error) {
	path := ""
	for _, f := range p.files {
		if who, file, ok := strings.Cut(f, "="); !ok {
			if path == "" {
				path = f
			}
		} else if who == officer {
			path = file
			break
		}
	}
	if path != "" {
		b, err := readBounded(path, 64<<10)
		if err != nil {
			return "", path, usage("", "couldn't read the passphrase file: %v", err)
		}
		line, _, _ := strings.Cut(string(b), "\n")
		return strings.TrimSuffix(line, "\r"), path, nil
	}
	if pass, ok := os.LookupEnv("PARLEY_PASSPHRASE"); ok {
		return pass, "PARLEY_PASSPHRASE", nil
	}
	in, ok := p.sh.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return "", "", usage("Give --passphrase-file FILE, set PARLEY_PASSPHRASE, or run it on a terminal.",
			"no passphrase for officer %s", officer)
	}
	ask := func(prompt string) (string, error) {
		fmt.Fprintf(p.sh.err, "%s for officer %s: ", prompt, officer)
		b, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(p.sh.err)
		if err != nil {
			return "", fmt.Errorf("couldn't read the passphrase: %w", err)
		}
		return string(b), nil
	}
	if !fresh {
		pass, err = ask("Passphrase")
		return pass, "the terminal", err
	}
	if pass, err = ask("New passphrase"); err != nil {
		return "", "", err
	}
	again, err := ask("The same again")
	if err != nil {
		return "", "", err
	}
	if pass != again {
		return "", "", usage("Run it again.", "the two passphrases differ")
	}
	return pass, "the terminal", nil
}
