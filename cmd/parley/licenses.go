package main

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

//go:generate go run -C ../.. ./tools/licenses

//go:embed licenses.txt
var licenses string

func licensesCommand(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:     "licenses",
		Short:   "Print the licences of everything that this program carries",
		Example: "  parley licenses | less",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if sh.json {
				return sh.object(map[string]string{"license": "Apache-2.0", "carries": licenses})
			}
			_, err := fmt.Fprint(sh.out, strings.TrimSpace(licenses)+"\n")
			return err
		},
	}
}
