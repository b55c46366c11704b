package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// engine runs state machines.
type engine interface {
	name() string
	version() string
	run(context.Context, []job) ([]trace, error)
}

// runTimeout ends a run that does not end.
const runTimeout = 4 * time.Minute

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

// step is one thing that happened in a state: it was entered, an attempt failed and is made again, or its error was caught.
type step struct {
	Kind  string          `json:"kind"`
	State string          `json:"state"`
	Error string          `json:"error"`
	Input json.RawMessage `json:"input"`
}

const (
	entered = "entered"
	retried = "retried"
	caught  = "caught"
)

// states are those visited, in order.
func (t trace) states() []string {
	var names []string
	for _, s := range t.Steps {
		if s.Kind == entered {
			names = append(names, s.State)
		}
	}
	return names
}

// retries counts the attempts of a state that were made again.
func (t trace) retries(state string) int {
	var n int
	for _, s := range t.Steps {
		if s.Kind == retried && s.State == state {
			n++
		}
	}
	return n
}

// event is one of an execution's [history], as far as it is read here.
//
// [history]: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
type event struct {
	Type         string
	StateEntered struct{ Name, Input string } `json:"stateEnteredEventDetails"`
	TaskFailed   struct{ Error string }       `json:"taskFailedEventDetails"`
	TaskTimedOut struct{ Error string }       `json:"taskTimedOutEventDetails"`
}

// translate turns a history into steps. It has no event for a retry or a caught error: a task that was scheduled again
// was retried, one that was left after a failure was caught.
func translate(events []event) trace {
	var t trace
	var state, err string
	for _, e := range events {
		t.events = append(t.events, e.Type)
		switch {
		case strings.HasSuffix(e.Type, "StateEntered"):
			state, err = e.StateEntered.Name, ""
			t.Steps = append(t.Steps, step{Kind: entered, State: state, Input: json.RawMessage(e.StateEntered.Input)})
		case e.Type == "TaskFailed" || e.Type == "TaskTimedOut":
			err = e.TaskFailed.Error + e.TaskTimedOut.Error
		case e.Type == "TaskScheduled" && err != "":
			t.Steps = append(t.Steps, step{Kind: retried, State: state, Error: err})
			err = ""
		case e.Type == "TaskStateExited" && err != "":
			t.Steps = append(t.Steps, step{Kind: caught, State: state, Error: err})
		}
	}
	return t
}
