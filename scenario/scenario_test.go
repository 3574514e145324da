package scenario

import (
	"testing"
)

func TestTheBuiltInScenarioIsValid(t *testing.T) {
	s, err := Parse(IL20())
	if err != nil {
		t.Fatal(err)
	}
	_ = s
}
