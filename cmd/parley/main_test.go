package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"parley/internal/feed"
	"parley/utc"
	"parley/volume"
)

// The scripts in testdata run the real program, as real processes, over real
// sockets and files: what they show is what a person gets.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"parley": func() { os.Exit(realMain()) }})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PARLEY_PASSPHRASE", "four words by dice")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"freeport": freePort, "exits": exits, "waitfor": waitFor, "flip": flip, "party": makeParty, "sbs": writeSBS, "words": putWords, "term": terminate, "stranger": newStranger(),
		},
		RequireUniqueNames: true,
	})
}

// freeport VAR... puts a free loopback port into each variable.
func freePort(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ts.Check(l.Close())
		ts.Setenv(name, port)
	}
}

// party DIR ID NAME PORT [FLAG...] makes a data folder with officer o+dir.
func makeParty(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 4 {
		ts.Fatalf("usage: party DIR ID NAME PORT [FLAG...]")
	}
	cmd := []string{"init", "--data", args[0], "--party", args[1], "--name", args[2], "--console", "127.0.0.1:0",
		"--officer", "o" + args[0] + ":Officer " + args[1] + ":duty,chief", "--work-factor", "15",
		"--address", "127.0.0.1:" + args[3], "--listen", "127.0.0.1:" + args[3]}
	ts.Check(ts.Exec("parley", append(cmd, args[4:]...)...))
}

// exits CODE COMMAND... wants exactly this exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// waitfor REGEXP COMMAND... runs the command until its standard output matches.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	re := regexp.MustCompile(args[0])
	for end := time.Now().Add(30 * time.Second); ; {
		_ = ts.Exec(args[1], args[2:]...)
		if re.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%s never showed %q; at last: %s%s", strings.Join(args[1:], " "), args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// stranger PORT puts a program there that is no node: it greets as a mail
// server does and hangs up. Without a port it goes away.
func newStranger() func(*testscript.TestScript, bool, []string) {
	var l net.Listener // one script has one
	return func(ts *testscript.TestScript, _ bool, args []string) {
		if len(args) == 0 {
			ts.Check(l.Close())
			return
		}
		var err error
		l, err = net.Listen("tcp", "127.0.0.1:"+args[0])
		ts.Check(err)
		go func(l net.Listener) {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					fmt.Fprint(c, "220 mail.example.org ESMTP\r\n")
					io.Copy(io.Discard, c) // until they hang up
				}()
			}
		}(l)
	}
}

// flip FILE OFFSET changes one bit; a negative offset counts from the end.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// term DIR sends SIGTERM to the node that runs on a data folder.
func terminate(ts *testscript.TestScript, _ bool, args []string) {
	r, err := folder{ts.MkAbs(args[0])}.running()
	ts.Check(err)
	p, err := os.FindProcess(r.PID)
	ts.Check(err)
	ts.Check(p.Signal(syscall.SIGTERM))
}

// words VAR puts the twelve words of the last output into a variable.
func putWords(ts *testscript.TestScript, _ bool, args []string) {
	all := regexp.MustCompile(`(?m)^Words: (.*)$`).FindStringSubmatch(ts.ReadFile(args[1]))
	if all == nil {
		ts.Fatalf("no words in %s", args[1])
	}
	ts.Setenv(args[0], all[1])
}

// sbs FILE HEX LAT LON writes what a receiver near there would hear of one
// aircraft that flies north, from five seconds ago until ten seconds from now.
func writeSBS(ts *testscript.TestScript, _ bool, args []string) {
	lat, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	lon, err := strconv.ParseFloat(args[3], 64)
	ts.Check(err)
	var b strings.Builder
	fmt.Fprintln(&b, "MSG,3,rubbish")
	now := utc.From(time.Now())
	for s := -5; s < 10; s++ {
		at := now.Add(time.Duration(s) * time.Second)
		fmt.Fprintln(&b, feed.Message{Type: 4, Hex: args[1], Generated: at, HasSpeed: true, SpeedKt: 250, TrackDeg: 0}.Line())
		fmt.Fprintln(&b, feed.Message{Type: 3, Hex: args[1], Generated: at, HasAlt: true, AltFeet: 16400, HasPoint: true,
			Point: volume.Deg(lat+float64(s)*0.001, lon)}.Line())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}
