package record

import "fmt"

// Lane says which of a party's two logbooks on a line a record stands in.
type Lane uint8

const (
	Urgent  Lane = 1
	Routine Lane = 2
)

// String gives "urgent" or "routine".
func (l Lane) String() string {
	switch l {
	case Urgent:
		return "urgent"
	case Routine:
		return "routine"
	}
	return fmt.Sprintf("lane(%d)", uint8(l))
}

// Valid reports whether l is one of the two lanes.
func (l Lane) Valid() bool { return l == Urgent || l == Routine }

// MarshalText writes l as String does.
func (l Lane) MarshalText() ([]byte, error) {
	if !l.Valid() {
		return nil, fmt.Errorf("couldn't write lane %d: want 1 (urgent) or 2 (routine)", uint8(l))
	}
	return []byte(l.String()), nil
}

// UnmarshalText reads exactly what MarshalText writes.
func (l *Lane) UnmarshalText(b []byte) error {
	for _, x := range []Lane{Urgent, Routine} {
		if x.String() == string(b) {
			*l = x
			return nil
		}
	}
	return fmt.Errorf("couldn't read lane %.20q: want urgent or routine", b)
}

// Precedence is how soon an officer must answer.
type Precedence uint8

const (
	Flash     Precedence = 1
	Immediate Precedence = 2
	Priority  Precedence = 3
	Ordinary  Precedence = 4 // printed "routine"
)

var precedenceNames = [...]string{"", "flash", "immediate", "priority", "routine"}

// String gives "flash", "immediate", "priority" or "routine".
func (p Precedence) String() string {
	if p.Valid() {
		return precedenceNames[p]
	}
	return fmt.Sprintf("precedence(%d)", uint8(p))
}

// Valid reports whether p is one of the four precedences.
func (p Precedence) Valid() bool { return p >= Flash && p <= Ordinary }

// MarshalText writes p as String does.
func (p Precedence) MarshalText() ([]byte, error) {
	if !p.Valid() {
		return nil, fmt.Errorf("couldn't write precedence %d: want 1 (flash) to 4 (routine)", uint8(p))
	}
	return []byte(precedenceNames[p]), nil
}

// UnmarshalText reads exactly what MarshalText writes.
func (p *Precedence) UnmarshalText(b []byte) error {
	for x := Flash; x <= Ordinary; x++ {
		if precedenceNames[x] == string(b) {
			*p = x
			return nil
		}
	}
	return fmt.Errorf("couldn't read precedence %.20q: want flash, immediate, priority or routine", b)
}
