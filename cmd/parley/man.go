package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func manCommand(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:     "man FOLDER",
		Short:   "Write the manual pages into a folder",
		Example: "  parley man /usr/local/share/man/man1",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("couldn't make the folder: %w", err)
			}
			root := c.Root()
			root.DisableAutoGenTag = true
			header := &doc.GenManHeader{Title: "PARLEY", Section: "1", Source: "Parley " + version(), Manual: "Parley"}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("couldn't write the manual pages: %w", err)
			}
			pages, err := filepath.Glob(filepath.Join(args[0], "parley*.1"))
			if err != nil {
				return fmt.Errorf("couldn't list the manual pages: %w", err)
			}
			return sh.answer(map[string]any{"folder": args[0], "pages": len(pages)}, func() { sh.say("%d manual pages in %s", len(pages), args[0]) })
		},
	}
}
