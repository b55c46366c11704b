package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

// engine runs state machines: a program that reads jobs from its standard input and writes what it did to its output.
//
// Where both differ from AWS:
//
//   - an intrinsic function fails with States.Runtime, not with States.IntrinsicFailure;
//   - errors that come from inside Step Functions, such as Lambda.SdkClientException, come from Lambda here;
//   - none limits the history, keeps a name for 90 days or can redrive.
//
// Beside this, moto lets States.ALL match States.Runtime and States.DataLimitExceeded; and aws-local-stepfunctions has
// no service integrations (als.mjs stands in for both), no names of executions and events of its own.
type engine struct {
	name       string
	command    []string
	executions []*execution
}

// runTimeout ends a run that does not end.
const runTimeout = 4 * time.Minute

// job is an execution as the engines get it.
type job struct {
	Name       string          `json:"name"`
	Definition json.RawMessage `json:"definition"`
	Input      json.RawMessage `json:"input"`
}

// trace is what an engine did with a job, in terms that both engines have.
type trace struct {
	Status, Error, Cause, Output string
	Steps                        []step

	Events []string // the types of the events of the history, where the engine has AWS's
	Again  []string // what came of starting it again while it ran, so with another input, and after its end; or nil
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

// judge runs all cases, and says which were not as wanted.
func (e *engine) judge(ctx context.Context, w *world, m asl.Machine) error {
	version, traces, err := e.run(ctx, w)
	if err != nil {
		return fmt.Errorf("%s: %w", e.name, err)
	}
	c := newCoverage(m)
	all := len(c.left)
	var wrong []string
	for i, x := range e.executions {
		problems := append(x.judge(traces[i]), c.add(traces[i])...)
		if len(problems) > 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %s: %s", e.name, x.name, strings.Join(problems, "; ")))
		}
	}
	for what := range c.left {
		wrong = append(wrong, fmt.Sprintf("%s: never visited: %s", e.name, what))
	}
	fmt.Printf("%s %s: %d cases visited %d of %d states, transitions and retriers\n",
		e.name, version, len(traces), all-len(c.left), all)
	if wrong != nil {
		return fmt.Errorf("not as wanted:\n%s", strings.Join(wrong, "\n"))
	}
	return nil
}

func (e *engine) run(ctx context.Context, w *world) (version string, traces []trace, err error) {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	var jobs []job
	for _, x := range e.executions {
		jobs = append(jobs, job{x.executionName(), scaled(x.task, x.machine), x.input()})
	}
	input, err := json.Marshal(jobs)
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, e.command[0], e.command[1:]...) //nolint:gosec // test/e2e/run names it
	cmd.Env = append(os.Environ(), "FRONT="+w.URL, "MOTO_PORT="+w.URL[strings.LastIndexByte(w.URL, ':')+1:])
	cmd.Stdin = bytes.NewReader(input)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", nil, err
	}
	var did struct {
		Version string
		Traces  []trace
	}
	if err := json.Unmarshal(out, &did); err != nil || len(did.Traces) != len(jobs) {
		return "", nil, fmt.Errorf("%d traces of %d jobs: %w", len(did.Traces), len(jobs), err)
	}
	return did.Version, did.Traces, nil
}

const busName = "soar"

// The interpreters wait in real time. In the copy that they get, these numbers are smaller, and all else is the same.
var seconds = regexp.MustCompile(`"(TimeoutSeconds|IntervalSeconds|MaxDelaySeconds)": \d+`)

// scaled is the definition with its substitutions filled in and its times scaled down: to these limits of a task and of
// the whole, where they are not 0.
func scaled(task, machine int) json.RawMessage {
	filled := strings.NewReplacer(
		"${StatusFunctionArn}", "arn:aws:lambda:us-east-1:123456789012:function:status",
		"${EventBusName}", busName,
		"${Partition}", "aws",
	).Replace(string(statemachine.Source))
	values := map[string]int{"IntervalSeconds": 1, "MaxDelaySeconds": 2, "TimeoutSeconds": cmp.Or(machine, 90)}
	return seconds.ReplaceAllFunc([]byte(filled), func(match []byte) []byte {
		name := string(seconds.FindSubmatch(match)[1])
		value := values[name]
		values["TimeoutSeconds"] = cmp.Or(task, 30) // the first is the machine's
		return fmt.Appendf(nil, "%q: %d", name, value)
	})
}
