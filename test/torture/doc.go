// Package torture shows that the step holds: network faults, days of waiting, hostile input, rotation, soak.
// docs/robustness.md tells what each campaign does and what it found.
//
// The tests run in a short form by default and in a long one where TORTURE=long is set (make torture). What is
// random follows from -seed, so that a failure can be run again.
//
// It is a module of its own: its tests need the machine for themselves, and go test runs packages side by side.
package torture
