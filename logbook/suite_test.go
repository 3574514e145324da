package logbook_test

import (
	"testing"

	"parley/logbook"
	"parley/logbook/storetest"
)

// Memory keeps what it was given as long as the process lives: a folder is a
// name for one.
func TestMemoryDoesWhatEveryStoreMustDo(t *testing.T) {
	stores := map[string]*logbook.Memory{}
	storetest.Run(t, func(_ testing.TB, folder string) logbook.Store {
		if stores[folder] == nil {
			stores[folder] = logbook.NewMemory()
		}
		return stores[folder]
	})
}
