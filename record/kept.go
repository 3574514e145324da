package record

// Kept is the origin of a relay and the salt that closes it, put on the home
// line before the relay leaves: a relay that nobody could ever open would prove
// nothing. An Opening shows the same on the relay's own line, when the relayer
// decides to. Home line only.
type Kept struct {
	Salt   Hash   `cbor:"1,keyasint" json:"salt"`
	Origin Origin `cbor:"2,keyasint" json:"origin"`
}

// Kind gives KindKept.
func (Kept) Kind() Kind { return KindKept }

// Validate checks that both parts are there.
func (k Kept) Validate() error {
	if err := needHash("salt", k.Salt); err != nil {
		return err
	}
	return under("origin", k.Origin.Validate())
}

// Commitment is what the relay carries in its Origin field.
func (k Kept) Commitment() Hash { return CommitOrigin(k.Salt, k.Origin) }
