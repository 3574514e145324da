package phrase

// The codes that other packages name.
const (
	StopNow       = "STOP-NOW"
	HoldFire      = "HOLD-FIRE"
	ReadBack      = "READ-BACK"
	SayAgain      = "SAY-AGAIN"
	StandBy       = "STAND-BY"
	RelayedToUnit = "RELAYED-TO-UNIT"
	UnitConfirms  = "UNIT-CONFIRMS"
	UnableToRelay = "UNABLE-TO-RELAY"
	LineTest      = "LINE-TEST"
)

// seed is the phrasebook of this release. A wording is part of the pack's hash,
// so to change one is to make another pack, which lines adopt by charter.
func seed() []Entry {
	need := func(name string, t Type) ParamSpec { return ParamSpec{Name: name, Type: t} }
	may := func(name string, t Type) ParamSpec { return ParamSpec{Name: name, Type: t, Optional: true} }
	var list []Entry
	add := func(code, english string, params ...ParamSpec) {
		list = append(list, Entry{Code: code, Params: params, Text: map[string]string{"en": english}})
	}
	twice := func(code, english string, params ...ParamSpec) {
		add(code, english, params...)
		list[len(list)-1].Twice = true
	}

	// What must not be missed.
	twice(StopNow, "STOP NOW[ in {area}].", may("area", Area))
	twice(HoldFire, "HOLD FIRE: friendly aircraft returning by {corridor} until {until}.", need("corridor", Corridor), need("until", Time))
	twice("ACCIDENT-NOT-HOSTILE", "WARNING: this is an accident, it is not hostile: {object}[, track {track}].", need("object", Item), may("track", Text))
	twice("AIRCRAFT-IN-DISTRESS", "DISTRESS: aircraft in distress at {place}.", need("place", Place))
	add("SEARCH-AND-RESCUE", "INFORMATION: search and rescue in progress in {area}.", need("area", Area))
	add("MEDICAL-FLIGHT", "INFORMATION: medical flight: {plan}.", need("plan", Text))

	// Whose is it?
	add("WE-DID-NOT-SEND", "INFORMATION: we did not send {item}.", need("item", Item))
	add("NOT-OUR-FORCE", "INFORMATION: no force of ours is at {place} at {time}. This is valid until {valid_until}.",
		need("place", Place), need("time", Time), need("valid_until", Time))
	add("WHAT-IS-AT", "QUESTION: what is at {place}?", need("place", Place))
	add("WE-CANNOT-ANSWER", "ANSWER: we cannot answer.")

	// Being understood.
	add(SayAgain, "REQUEST: say again.")
	add(ReadBack, "REQUEST: read back {field}.", need("field", Field))
	add(StandBy, "INFORMATION: stand by for {minutes}.", need("minutes", Minutes))
	twice("CORRECTION-TO", "CORRECTION to number {number}.", need("number", Number))
	twice("CANCEL", "CANCEL number {number}.", need("number", Number))

	// Answers that are no leave to do anything.
	add("WE-OBJECT", "ANSWER: we object: {code}.", need("code", Text))
	add("WE-PROPOSE", "ANSWER: we propose: {alternative}.", need("alternative", Text))

	// On to the unit that acts.
	add(RelayedToUnit, "INFORMATION: relayed to unit {unit} at {at}.", need("unit", Unit), need("at", Time))
	add(UnitConfirms, "INFORMATION: unit {unit} confirms.", need("unit", Unit))
	twice(UnableToRelay, "WARNING: unable to relay[ to unit {unit}].", may("unit", Unit))

	// Convoys.
	add("CONVOY-LATE", "INFORMATION: convoy {convoy} is late by {late}.", need("convoy", Item), need("late", Minutes))
	twice("CONVOY-OFF-ROUTE", "WARNING: convoy {convoy} is off its route at {place}.", need("convoy", Item), need("place", Place))
	add("CONVOY-STOPPED", "INFORMATION: convoy {convoy} has stopped at {place}.", need("convoy", Item), need("place", Place))

	// The line itself.
	add(LineTest, "TEST: this is a line test.")
	add("LINE-DEGRADED", "WARNING: this line is degraded, use {route}.", need("route", Text))
	add("OVER-TO-STRATEGIC", "INFORMATION: this goes over to the strategic line.")
	add("SAFETY-ONLY", "INFORMATION: this channel is for safety only.")
	return list
}
