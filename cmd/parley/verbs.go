package main

import "github.com/spf13/cobra"

// verbs are all of them, in the order of a party's life.
func verbs(sh *shell) []*cobra.Command {
	return []*cobra.Command{
		initCommand(sh), cardCommand(sh), lineCommand(sh), serveCommand(sh), consoleCommand(sh),
		sayCommand(sh), noticeCommand(sh), ackCommand(sh), showCommand(sh), watchCommand(sh),
		verifyCommand(sh), courierCommand(sh), doctorCommand(sh), benchCommand(sh),
		replayCommand(sh), reportCommand(sh), demoCommand(sh),
		manCommand(sh), versionCommand(sh), licensesCommand(sh),
	}
}
