package main

import "github.com/spf13/cobra"

// verbs are all of them, in the order of a party's life.
func verbs(sh *shell) []*cobra.Command {
	return []*cobra.Command{
		initCommand(sh), lineCommand(sh),
		manCommand(sh), versionCommand(sh),
	}
}
