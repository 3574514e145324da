package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

type benchFlags struct {
	quick   bool
	millis  int64
	catchUp int
	backlog int
	kills   int
	rivals  string
	profile string
	folder  string
}

func benchCommand(sh *shell) *cobra.Command {
	c := &cobra.Command{
		Use:     "bench",
		Short:   "Measure this machine, and two nodes on it",
		Example: `  parley bench line --quick`,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(benchLineCommand(sh), benchNodeCommand(sh))
	return c
}

func benchLineCommand(sh *shell) *cobra.Command {
	var fl benchFlags
	c := &cobra.Command{
		Use:   "line",
		Short: "Receipted records a second between two nodes, beside what the machine can do",
		Long: `Starts two real nodes, each a process of its own, with throw-away keys and
folders, SQLite with every batch flushed, and TLS 1.3 between them on the
loopback. It measures in one run what the disk, the loopback and the processor
can do by themselves, and then the nodes: each record is signed by its officer,
logged and flushed here, sent, verified and flushed there, and counts when the
other side's receipt is back, verified and flushed.

Not measured: the HTTP API and the console (writers call the node as the API
does), feeds, the recorder, a network. Both nodes share this machine's cores.

With bin/parley-bench-rivals built (go build -C bench -o ../bin/parley-bench-rivals ./rivals)
it measures NATS JetStream in the same run, and mosquitto where installed; what
is not there is named.

--quick ends within 45 seconds and names what it left out. Figures of a machine
that does something else meanwhile are good as ratios only.`,
		Example: `  parley bench line --quick
  parley bench line --json > bench.json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if fl.millis < 100 || fl.catchUp < 1 || fl.backlog < 1 || fl.kills < 1 {
				return usage("See: parley bench line --help", "--millis is at least 100, the other counts at least 1")
			}
			res, err := benchLine(c.Context(), sh, fl)
			if err != nil {
				return fmt.Errorf("couldn't measure: %w", err)
			}
			return sh.answer(res, func() { res.print(sh) })
		},
	}
	f := c.Flags()
	f.BoolVar(&fl.quick, "quick", false, "the message rows only, within 45 s")
	f.Int64Var(&fl.millis, "millis", 4000, "how long each row of writers runs, in `MILLISECONDS`")
	f.IntVar(&fl.catchUp, "catch-up", 100_000, "`RECORDS` that are written while the other node is down")
	f.IntVar(&fl.backlog, "backlog", 1_000_000, "routine `RECORDS` that are waiting when the urgent one is sent")
	f.IntVar(&fl.kills, "kills", 200, "how many `TIMES` the other node is killed")
	f.StringVar(&fl.rivals, "rivals", "", "the `PROGRAM` that measures the rivals (default: parley-bench-rivals beside parley)")
	f.StringVar(&fl.profile, "profile", "", "write a CPU profile of each node and row into this `FOLDER`")
	f.StringVar(&fl.folder, "folder", "", "make the throw-away folders in this `FOLDER`: the disk under it is measured (default: the system's)")
	return c
}
