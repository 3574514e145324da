package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// The exit codes; `parley help exit-codes` prints them, scripts may rely on them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotVerified = 3
	exitNoNode      = 4
	exitRefused     = 5
)

const exitCodesHelp = `Every verb ends with one of these:

  0  done
  1  failed; the last line on standard error says what and why
  2  the command line, the configuration or a draft is wrong; nothing was done
  3  not verified: a record, log or bundle is not what it claims to be,
     or two parties' statements cannot both be true
  4  no node of this data folder is running, or it does not answer
  5  the node answered and refused; the reason and the remedy are printed

With --json the same failure is one object on standard output:
  {"error": "...", "remedy": "...", "code": 5}`

// shell is what a verb sees of the world: the standard streams and the flags
// that every verb has.
type shell struct {
	in   io.Reader
	out  io.Writer // answers only; with --json nothing but JSON
	err  io.Writer // everything else
	json bool
	data string // --data as given
}

// failure is an error with an exit code and what to do about it.
type failure struct {
	code   int
	err    error
	remedy string
	quiet  bool // the verb has printed its own answer (with --json too)
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// usage says that the command line or a file on it is wrong.
func usage(remedy, format string, args ...any) error {
	return &failure{code: exitUsage, err: fmt.Errorf(format, args...), remedy: remedy}
}

// failed is any other failure that has a remedy.
func failed(remedy, format string, args ...any) error {
	return &failure{code: exitFailed, err: fmt.Errorf(format, args...), remedy: remedy}
}

// run is the program. It gives the exit code.
func run(ctx context.Context, args []string, sh *shell) int {
	root := newRoot(sh)
	root.SetArgs(args)
	root.SetIn(sh.in)
	root.SetOut(sh.out)
	root.SetErr(sh.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	// A flag before it may have stopped the reading: the failure is answered in
	// JSON all the same.
	sh.json = sh.json || slices.Contains(args, "--json")
	return sh.report(err)
}

func newRoot(sh *shell) *cobra.Command {
	root := &cobra.Command{
		Use:   "parley",
		Short: "A hotline and its record for parties who do not trust each other",
		Long: `Parley connects parties who do not trust each other: each runs this one program
for itself. Notices, acknowledgements and relays are signed, kept by all and
receipted, so that anyone who holds a copy can prove who said what and when it
was received.

Begin with:  parley help init      make this party's data folder
             parley help line      agree on a line with another party
             parley help serve     run the node and its console
Or see it all at work on one machine:  parley demo`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = false
	f := root.PersistentFlags()
	f.StringVar(&sh.data, "data", "", "the party's data folder (default $PARLEY_DATA, else ~/.local/share/parley)")
	f.BoolVar(&sh.json, "json", false, "answer in JSON on standard output")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(verbs(sh)...)
	root.AddCommand(&cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: exitCodesHelp})
	wrapArgs(root)
	return root
}

// wrapArgs makes a wrong number of arguments a usage error that shows the way.
func wrapArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				if len(args) > 0 && c.HasSubCommands() {
					return unknownVerb(c, args[0])
				}
				return usage("See: "+c.CommandPath()+" --help", "%s: %v", c.CommandPath(), err)
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
}

func unknownVerb(c *cobra.Command, word string) error {
	remedy := "See: " + c.CommandPath() + " --help"
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(word); len(near) > 0 {
		remedy = "Did you mean: " + c.CommandPath() + " " + strings.Join(near, ", ") + "?"
	}
	return usage(remedy, "%s has no verb %q", c.CommandPath(), word)
}

// flagError names the flag that was probably meant.
func flagError(c *cobra.Command, err error) error {
	remedy := "See: " + c.CommandPath() + " --help"
	if _, word, ok := strings.Cut(err.Error(), "unknown flag: --"); ok {
		best, bestD := "", 4
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if d := distance(word, f.Name); d < bestD || (strings.HasPrefix(f.Name, word) && bestD > 0) {
				best, bestD = f.Name, d
			}
		})
		if best != "" {
			remedy = "Did you mean --" + best + "?"
		}
	}
	return usage(remedy, "%s: %v", c.CommandPath(), err)
}

// distance is how many letters have to be changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diag
			if a[i] != b[j] {
				change++
			}
			diag = row[j+1]
			row[j+1] = min(change, row[j]+1, diag+1)
		}
	}
	return row[len(b)]
}

// report tells a person, or with --json a program, what went wrong.
func (sh *shell) report(err error) int {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: exitFailed, err: err}
		if strings.HasPrefix(err.Error(), "required flag") || strings.HasPrefix(err.Error(), "if any flags in the group") {
			f.code = exitUsage
		}
		if strings.HasPrefix(err.Error(), "unknown command") {
			f.code = exitUsage
		}
	}
	if f.quiet {
		return f.code
	}
	if sh.json {
		sh.object(struct {
			Error  string `json:"error"`
			Remedy string `json:"remedy,omitempty"`
			Code   int    `json:"code"`
		}{err.Error(), f.remedy, f.code})
	}
	fmt.Fprintln(sh.err, "parley:", err)
	if f.remedy != "" {
		fmt.Fprintln(sh.err, "  "+f.remedy)
	}
	return f.code
}

// object writes v as one line of JSON.
func (sh *shell) object(v any) error {
	enc := json.NewEncoder(sh.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("couldn't write the answer: %w", err)
	}
	return nil
}

// say writes an answer for a person; with --json it goes to standard error, so
// that standard output stays JSON.
func (sh *shell) say(format string, args ...any) {
	w := sh.out
	if sh.json {
		w = sh.err
	}
	fmt.Fprintf(w, format+"\n", args...)
}

// answer writes v with --json, else calls people.
func (sh *shell) answer(v any, people func()) error {
	if sh.json {
		return sh.object(v)
	}
	people()
	return nil
}

// tty reports whether answers go to a terminal, and its width.
func (sh *shell) tty() (width int, ok bool) {
	f, is := sh.out.(*os.File)
	if !is || !term.IsTerminal(int(f.Fd())) {
		return 100, false
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w < 40 {
		w = 100
	}
	return w, true
}

// folder gives the data folder; it need not be there yet.
func (sh *shell) folder() (folder, error) {
	path := sh.data
	if path == "" {
		path = os.Getenv("PARLEY_DATA")
	}
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return folder{}, usage("Give --data FOLDER.", "couldn't find your home folder: %v", err)
		}
		path = filepath.Join(home, ".local", "share", "parley")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return folder{}, fmt.Errorf("couldn't find %s: %w", path, err)
	}
	return folder{abs}, nil
}

// sorted gives the keys of m in order.
func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
