package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/soarstep/xdr-action-status/test/e2e/semantics/front"
)

// judge says how a trace, and what the front saw of it, is not as wanted; empty if it is.
func judge(w want, t trace, p *front.Plan) string {
	var wrong []string
	expect := func(what string, ok bool, got any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s %v", what, got))
		}
	}
	calls, states := len(p.Payloads()), t.states()
	if w.loops {
		calls, states = w.calls, oneLoop(states)
	}
	expect("status", t.Status == w.status, t.Status)
	expect("error", t.Error == w.err, t.Error)
	expect("cause", strings.Contains(plain(t.Cause)+plain(t.Output), w.cause), t.Cause)
	expect("states", states == w.states, states)
	expect("calls", calls == w.calls, calls)
	expect("attempts", w.attempts == 0 || t.attempts() == w.attempts, t.attempts())
	expect("announced", len(p.Announced()) == w.announced, len(p.Announced()))
	expect("waited only", p.Span() >= w.pause-100*time.Millisecond, p.Span().Round(time.Millisecond))
	expect("", startedAt(p) == "", startedAt(p))
	return strings.Join(wrong, "; ")
}

// plain is JSON text without the spaces that an engine may put between its parts.
func plain(text string) string {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return text
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(value) != nil {
		return text
	}
	return b.String()
}

var aRound = regexp.MustCompile(`(Check Decide Wait )+`)

func oneLoop(states string) string { return aRound.ReplaceAllString(states, "Check Decide Wait ") }

// startedAt demands that every check is told the same start, that of the execution, whatever the input said.
func startedAt(p *front.Plan) string {
	var first string
	for _, payload := range p.Payloads() {
		var request struct {
			StartedAt string `json:"started_at"`
		}
		if err := json.Unmarshal(payload, &request); err != nil {
			return err.Error()
		}
		if first == "" {
			first = request.StartedAt
		}
		at, err := time.Parse(time.RFC3339, request.StartedAt)
		if err != nil || request.StartedAt != first || time.Since(at).Abs() > 2*runTimeout {
			return fmt.Sprintf("started_at %q, at first %q", request.StartedAt, first)
		}
	}
	return ""
}
