package main

import (
	"context"
	"encoding/json"
	"strings"
)

// engine runs state machines.
type engine interface {
	name() string
	version() string
	run(context.Context, []job) ([]trace, error)
	close()
}

// job is one execution to run: a definition that is filled in and scaled, and the input.
type job struct {
	Name       string          `json:"name"`
	Definition json.RawMessage `json:"definition"`
	Input      json.RawMessage `json:"input"`
}

// trace is what an engine did with a job, in terms that both engines have.
type trace struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Cause  string `json:"cause"`
	Output string `json:"output"`
	Steps  []step `json:"steps"`

	events []string // the types of the events of the history, where the engine has AWS's
}

// step is one thing that happened in a state: it was entered, an attempt failed, the attempt is made again, or the
// error was caught.
type step struct {
	Kind  string          `json:"kind"`
	State string          `json:"state"`
	Error string          `json:"error"`
	Input json.RawMessage `json:"input"`
}

const (
	entered = "entered"
	broke   = "failed"
	retried = "retried"
	caught  = "caught"
)

// enteredStates are the states visited, in order.
func (t trace) enteredStates() []string {
	var names []string
	for _, s := range t.Steps {
		if s.Kind == entered {
			names = append(names, s.State)
		}
	}
	return names
}

func (t trace) states() string { return strings.Join(t.enteredStates(), " ") }

// attempts are those that failed before the first error was caught.
func (t trace) attempts() int {
	var n int
	for _, s := range t.Steps {
		switch s.Kind {
		case caught:
			return n
		case broke:
			n++
		}
	}
	return n
}
