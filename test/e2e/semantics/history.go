package main

import (
	"encoding/json"
	"strings"
)

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
	add := func(kind string) { t.Steps = append(t.Steps, step{Kind: kind, State: state, Error: err}) }
	for _, e := range events {
		t.events = append(t.events, e.Type)
		switch {
		case strings.HasSuffix(e.Type, "StateEntered"):
			state, err = e.StateEntered.Name, ""
			t.Steps = append(t.Steps, step{Kind: entered, State: state, Input: json.RawMessage(e.StateEntered.Input)})
		case e.Type == "TaskFailed":
			err = e.TaskFailed.Error
			add(broke)
		case e.Type == "TaskTimedOut":
			err = e.TaskTimedOut.Error
			add(broke)
		case e.Type == "TaskScheduled" && err != "":
			add(retried)
			err = ""
		case e.Type == "TaskStateExited" && err != "":
			add(caught)
		}
	}
	return t
}
