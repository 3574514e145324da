package logbook

import (
	"testing"

	"parley/party"
	"parley/record"
)

func TestAnEntryTravelsFromItsAuthorToAReceipt(t *testing.T) {
	author, mirror := party.NewSigner([32]byte{1}), party.NewSigner([32]byte{2})
	id := ID{Line: record.LineID{7}, Party: "IL", Lane: record.Urgent, Incarnation: 1}
	own, err := Open(id, NewMemory(), author.Public())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := Open(id, NewMemory(), author.Public())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if _, err := own.Append([][]byte{{byte(i)}, {}, {1, 2}}, author); err != nil {
			t.Fatal(err)
		}
		es, n, err := own.BatchFrom(theirs.Size())
		if err != nil {
			t.Fatal(err)
		}
		if added, err := theirs.Accept(theirs.Size(), es, n, author.Public()); err != nil || added != 3 {
			t.Fatal(added, err)
		}
		line, err := theirs.Receipt(theirs.Size(), mirror, MirrorName("RU"), 1537209600000)
		if err != nil {
			t.Fatal(err)
		}
		if added, err := own.AddReceipt(own.Size(), line, MirrorName("RU"), mirror.Public()); err != nil || !added {
			t.Fatal(added, err)
		}
	}
	if own.Receipts()["RU/mirror"] != 60 || theirs.Head() != own.Head() {
		t.Fatal(own.Receipts(), own.Head(), theirs.Head())
	}
	if err := theirs.CheckAll(); err != nil {
		t.Fatal(err)
	}
}
