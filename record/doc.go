// Package record holds the signed statements that parties make to each other
// and to themselves: what each kind may say, the one way it is written in
// bytes, and who signed it.
//
// A record is a COSE_Sign1 (RFC 9052, tag 18) with an Ed25519 signature over
// deterministic CBOR (RFC 8949, section 4.2.1). The protected header carries
// the algorithm, the id of the key, the kind and the version; the payload is
// {1: envelope, 2: body}. Those bytes are a leaf of a logbook. There is no
// second way to write a record: an unknown field, a byte too many, another
// order, a longer integer, an unprotected header are all refused, and what
// parses is written again as the same bytes.
//
// Seal makes a leaf; Parse reads its shape; Parsed.Verify and VerifyAll say
// whether the signature is true (ZIP-215, alone and in batches alike); Open does
// both. A leaf that cannot be opened is either *InvalidError, which names the
// field, or *UnreadableError, which says that a newer release wrote it. Neither
// stops a log: the log keeps the leaf, gives its receipt, and nobody acts on it.
//
// What is checked here is what the record itself can show. Whether the key
// stands on the roster, the numbers follow each other and a reference leads
// anywhere is the business of package line; what it all means, of package
// picture. Nothing here reads a clock, a disk or chance.
//
// The wire form with an example stands in docs/spec/record.md, its schema in
// docs/spec/record.cddl.
package record
