package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"parley/web"
)

// version is what this binary calls itself: the module's version where it was
// installed by one, else the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			commit = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+"
		}
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	if commit == "" {
		return "devel"
	}
	return commit + dirty
}

func versionCommand(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Say which Parley this is",
		Example: "  parley version --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Version string `json:"version"`
				Go      string `json:"go"`
				System  string `json:"system"`
				Console bool   `json:"console"` // built in, not the placeholder
			}{version(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, web.Built()}
			return sh.answer(v, func() {
				sh.say("parley %s (%s, %s)", v.Version, v.Go, v.System)
				if !v.Console {
					sh.say("without the console: a placeholder page stands in for it; make build adds it where npm is there")
				}
			})
		},
	}
}
