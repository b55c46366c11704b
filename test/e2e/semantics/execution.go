package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// execution is a case on one engine, and what the world has seen of it.
type execution struct {
	testCase
	action string // its id

	mu        sync.Mutex
	calls     []*call
	announced []json.RawMessage // the details, of refused entries too
}

// call is one invocation; its verdict is empty where it failed.
type call struct {
	at               time.Time
	payload, verdict json.RawMessage
}

func (x *execution) executionName() string { return "case-" + x.action }

func (x *execution) input() json.RawMessage {
	return []byte(strings.ReplaceAll(x.request, "ID", x.action))
}

// called remembers an invocation, and returns which it is.
func (x *execution) called(payload json.RawMessage) (*call, int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	c := &call{at: time.Now(), payload: payload}
	x.calls = append(x.calls, c)
	return c, len(x.calls)
}

func (x *execution) answered(c *call, verdict json.RawMessage) {
	x.mu.Lock()
	defer x.mu.Unlock()
	c.verdict = verdict
}

// offered remembers an event, and returns which it is.
func (x *execution) offered(detail json.RawMessage) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.announced = append(x.announced, detail)
	return len(x.announced)
}

// reply is the scripted answer to the n-th invocation. No two verdicts are equal. An error is that of the service.
func (x *execution) reply(ctx context.Context, n int) (lambdatest.Reply, error) {
	r := x.replies[min(n, len(x.replies))-1]
	select {
	case <-time.After(r.delay):
	case <-ctx.Done():
		return lambdatest.Reply{}, ctx.Err()
	}
	if code, ok := strings.CutPrefix(r.err, "Lambda."); ok {
		return lambdatest.Reply{}, errors.New(code)
	}
	if r.err != "" {
		body, err := json.Marshal(map[string]string{"errorType": r.err, "errorMessage": message(r.err, n)})
		return lambdatest.Reply{RawError: body}, err
	}
	verdict := fmt.Appendf(nil, `{"group_action_id": %s, "call": %d, %s}`, x.action, n, r.verdict)
	return lambdatest.Reply{Payload: verdict}, nil
}

func message(err string, n int) string { return fmt.Sprintf("%s, call %d", err, n) }
