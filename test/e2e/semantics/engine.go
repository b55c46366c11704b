package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// engine runs state machines: a program that reads jobs from its standard input and writes what it did to its output.
type engine struct {
	name    string
	command []string
	env     []string
}

// runTimeout ends a run that does not end.
const runTimeout = 4 * time.Minute

// job is one execution to run: a definition that is filled in and scaled, and the input.
type job struct {
	Name       string          `json:"name"`
	Definition json.RawMessage `json:"definition"`
	Input      json.RawMessage `json:"input"`
}

// output is what an engine did.
type output struct {
	Version string
	Traces  []trace // of each job
}

// trace is what an engine did with a job, in terms that both engines have.
type trace struct {
	Status, Error, Cause, Output string
	Steps                        []step

	Events []string // the types of the events of the history, where the engine has AWS's
	Again  []string // what came of starting it again while it ran, so with another input, and after its end
}

// step is one thing that happened in a state: it was entered, a failed attempt is made again, or its error was caught.
type step struct {
	Kind, State, Error string
	Input              json.RawMessage
}

const (
	entered = "entered"
	retried = "retried"
	caught  = "caught"
)

func (e engine) run(ctx context.Context, jobs []job) (output, error) {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	input, err := json.Marshal(jobs)
	if err != nil {
		return output{}, err
	}
	cmd := exec.CommandContext(ctx, e.command[0], e.command[1:]...) //nolint:gosec // the script names it
	cmd.Env = append(os.Environ(), e.env...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return output{}, fmt.Errorf("%s: %w", e.name, err)
	}
	var o output
	if err := json.Unmarshal(out, &o); err != nil || len(o.Traces) != len(jobs) {
		return output{}, fmt.Errorf("%s: %d traces of %d jobs: %w", e.name, len(o.Traces), len(jobs), err)
	}
	return o, nil
}

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
