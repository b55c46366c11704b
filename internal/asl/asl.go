// Package asl reads a state machine in the [Amazon States Language] as data: its states, every way out of them, and
// every error that is retried. Tests compare that with what the code does and with what engines did.
//
// It knows as much of the language as the workflow uses, and refuses the rest.
//
// [Amazon States Language]: https://states-language.net/spec.html
package asl

import (
	"encoding/json"
	jsonv2 "encoding/json/v2"
	"fmt"
)

// Wildcard is the error name that stands for every other.
const Wildcard = "States.ALL"

// Machine is a state machine.
type Machine struct {
	Comment        string
	StartAt        string
	TimeoutSeconds int
	States         map[string]State
}

// State is one state. Fields that its type does not have are zero.
type State struct {
	Comment string
	Type    string
	Next    string

	InputPath, OutputPath      string
	ResultPath                 json.RawMessage // a path or null
	Parameters, ResultSelector json.RawMessage
	Resource                   string
	TimeoutSeconds             int
	Retry                      []Retrier
	Catch                      []Catcher

	Choices []Rule
	Default string

	SecondsPath string
}

// Retrier says how often and when a state is tried again after one of the errors. With MaxAttempts 0 they are final.
type Retrier struct {
	ErrorEquals     []string
	IntervalSeconds int
	MaxAttempts     int
	BackoffRate     float64
	MaxDelaySeconds int
	JitterStrategy  string
}

// Catcher says where one of the errors leads when it is not retried, or no longer.
type Catcher struct {
	ErrorEquals []string
	ResultPath  string
	Next        string
}

// Rule leads to a state if a variable has a value.
type Rule struct {
	Variable, StringEquals string
	Next                   string
}

// Parse reads a definition. A field that this package does not know is an error: nobody would have checked it.
func Parse(source []byte) (Machine, error) {
	var m Machine
	if err := jsonv2.Unmarshal(source, &m, jsonv2.RejectUnknownMembers(true)); err != nil {
		return Machine{}, fmt.Errorf("statemachine: %w", err)
	}
	return m, nil
}
