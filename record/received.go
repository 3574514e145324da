package record

// Received is the machine's statement that it durably holds these logbooks up
// to these sizes; Envelope.Composed is the legal time of receipt, in ms. A
// batch that holds nothing but Received gets a receipt but no Received of its own.
type Received struct {
	Heads []Head `cbor:"1,keyasint" json:"heads"`
}

// Kind gives KindReceived.
func (Received) Kind() Kind { return KindReceived }

// Validate checks the heads: at least one, ascending, none twice.
func (r Received) Validate() error {
	if len(r.Heads) == 0 {
		return bad("heads", "are missing")
	}
	return heads("heads", r.Heads)
}

// Close is a party's exit from the line.
type Close struct {
	Text   string   `cbor:"1,keyasint" json:"text"`
	Duties []string `cbor:"2,keyasint,omitempty" json:"duties,omitempty"` // left open
}

// Kind gives KindClose.
func (Close) Kind() Kind { return KindClose }

// Validate checks the words of the exit.
func (c Close) Validate() error {
	return first(
		needText("text", c.Text, MaxText),
		lines("duties", c.Duties, MaxOpen, MaxShort),
	)
}
