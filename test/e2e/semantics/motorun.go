package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
)

const role = "arn:aws:iam::123456789012:role/semantics"

// run starts all executions at once: nearly all of their time is waiting.
func (m *moto) run(ctx context.Context, jobs []job) ([]trace, error) {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	traces := make([]trace, len(jobs))
	errs := make([]error, len(jobs))
	var all sync.WaitGroup
	for i, j := range jobs {
		all.Go(func() { traces[i], errs[i] = m.execute(ctx, j) })
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("moto: %s: %w", jobs[i].Name, err)
		}
	}
	return traces, nil
}

func (m *moto) execute(ctx context.Context, j job) (trace, error) {
	arn, err := m.start(ctx, j)
	if err != nil {
		return trace{}, err
	}
	e, err := m.wait(ctx, arn)
	if err != nil {
		return trace{}, err
	}
	var history struct {
		Events    []event
		NextToken string
	}
	err = m.call(ctx, "GetExecutionHistory", map[string]any{"executionArn": arn, "maxResults": 1000}, &history)
	if err == nil && history.NextToken != "" {
		err = fmt.Errorf("more than %d events", len(history.Events))
	}
	t := translate(history.Events)
	t.Status, t.Error, t.Cause, t.Output = e.Status, e.Error, e.Cause, e.Output
	return t, err
}

func (m *moto) start(ctx context.Context, j job) (string, error) {
	machine, err := m.machine(ctx, j.Definition)
	if err != nil {
		return "", err
	}
	var started struct{ ExecutionArn string }
	err = m.call(ctx, "StartExecution", map[string]string{"stateMachineArn": machine, "name": j.Name, "input": string(j.Input)}, &started)
	return started.ExecutionArn, err
}

// machine creates one state machine for each different definition.
func (m *moto) machine(ctx context.Context, definition json.RawMessage) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if arn := m.machines[string(definition)]; arn != "" {
		return arn, nil
	}
	var created struct{ StateMachineArn string }
	err := m.call(ctx, "CreateStateMachine", map[string]string{
		"name": fmt.Sprintf("wait-%d", len(m.machines)), "definition": string(definition), "roleArn": role,
	}, &created)
	if err == nil {
		m.machines[string(definition)] = created.StateMachineArn
	}
	return created.StateMachineArn, err
}

// execution is the reply of DescribeExecution.
type execution struct{ Status, Error, Cause, Output string }

func (m *moto) wait(ctx context.Context, arn string) (execution, error) {
	for {
		var e execution
		if err := m.call(ctx, "DescribeExecution", map[string]string{"executionArn": arn}, &e); err != nil {
			return e, err
		}
		if e.Status != "RUNNING" {
			return e, nil
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return e, fmt.Errorf("it still runs after %v", runTimeout)
		}
	}
}

// duplicates starts an execution again under its name, as an event that is delivered twice and a parent that is repeated
// do. On AWS the name stays taken for 90 days after the end; moto keeps it for as long as it runs.
func (m *moto) duplicates(ctx context.Context, j job, p *plan) error {
	other := j
	other.Input = append([]byte(" "), j.Input...)
	first, errFirst := m.start(ctx, j)
	again, errAgain := m.start(ctx, j)
	_, errOther := m.start(ctx, other)
	if errFirst != nil || errAgain != nil || again != first || !taken(errOther) {
		return fmt.Errorf("started again while it runs: %s, then %s; %w, %w, %w", first, again, errFirst, errAgain, errOther)
	}
	e, err := m.wait(ctx, first)
	_, errLate := m.start(ctx, j)
	if err != nil || e.Status != succeeded || len(p.calls) != len(p.replies) || len(p.announced) != 1 || !taken(errLate) {
		return fmt.Errorf("started again: %+v after %d calls, %d events; %w, %w", e, len(p.calls), len(p.announced), err, errLate)
	}
	return nil
}

func taken(err error) bool {
	return err != nil && strings.Contains(err.Error(), "ExecutionAlreadyExists")
}
