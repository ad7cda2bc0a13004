// Package apps runs real software natively and under Adyton. The lines of
// ci.list say what runs and how outputs are compared; programs of ours are in
// tests/programs, files to work on in testdata/work.
package apps
