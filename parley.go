// Package parley is the root of the tree and holds no code: only the tests that
// keep the tree as ARCHITECTURE.md describes it. layout_test.go holds the law of
// imports, each ban with its reason; fields_test.go holds the closed list of
// fields, docs/spec/fields.md, by which Parley stays free of targeting.
package parley
