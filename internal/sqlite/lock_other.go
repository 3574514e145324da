//go:build !unix

package sqlite

import "os"

// lockFile has no lock to take here: Append's own check still keeps two
// writers from forking a log.
func lockFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}

// syncFolder does nothing: these systems flush names with the file.
func syncFolder(string) error { return nil }
