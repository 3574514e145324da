package main

import (
	"parley/internal/api"

	"github.com/spf13/cobra"
)

// consoleCommand asks the running node for another one-time link: the first was
// used, has run out, or the browser was closed.
func consoleCommand(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "console",
		Short: "Print a new one-time link to the running node's console",
		Long: `Asks the running node for a link that opens its console in a browser on this
machine. It works once. Who opens it still signs on with a passphrase before
anything is said in their name.

Under --json it prints one object: "url" and "expires_seconds".`,
		Example: "  parley console",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, n, err := sh.node()
			if err != nil {
				return err
			}
			var l api.Link
			if err := n.call(c.Context(), "POST", "/v1/links", map[string]any{}, &l); err != nil {
				return err
			}
			return sh.answer(l, func() { sh.say("%s", l.Url) })
		},
	}
}
