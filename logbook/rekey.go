package logbook

import "parley/party"

// Rekey changes the key that signs this log from the next entry on: an
// amended charter has given its author another. What is stored stays under the
// key it was signed with.
func (l *Log) Rekey(key party.Key) { l.key = key }
