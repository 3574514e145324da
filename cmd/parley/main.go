// Command parley is the whole of Parley: one party's node, and the tools of its
// officers, of its administrator, and of whoever has to prove afterwards what
// was said and when it was received.
//
// Everything that touches the outside meets here and nowhere else: the disk
// (internal/sqlite), the carrier to the other parties (line/linehttp), the API
// and console (internal/api), the feeds and the recorder, and the core (node)
// that none of them knows. The files are one a verb; serve.go is the one that
// joins them, folder.go knows the data folder, client.go speaks to a running
// node, root.go turns errors into words and exit codes.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(realMain()) }

// realMain is main for the test scripts too, which run this very program.
func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], &shell{in: os.Stdin, out: os.Stdout, err: os.Stderr})
}
