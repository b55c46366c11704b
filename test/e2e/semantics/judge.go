package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
)

// judge says how an execution, and what the front saw of it, is not as wanted; empty if it is.
func judge(w want, j job, t trace, p *plan) string {
	var wrong []string
	expect := func(what string, ok bool, got any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s %v", what, got))
		}
	}
	states := strings.Join(t.states(), " ")
	said := strings.ReplaceAll(t.Cause+t.Output, `": `, `":`) // an engine may put spaces there
	expect("status", t.Status == w.status, t.Status)
	expect("error", t.Error == w.err, t.Error)
	expect("does not say "+w.says+":", strings.Contains(said, w.says), said)
	expect("states", regexp.MustCompile("^"+w.states+"$").MatchString(states), states)
	expect("what failed is not Check:", t.Status != failed || strings.HasSuffix(states, "Check"), states)
	expect("calls", w.calls == 0 || w.calls == len(p.calls), len(p.calls))
	expect("announced", w.announced == len(p.announced), len(p.announced))
	verdict, err := judgeCalls(j, p.calls)
	expect("calls:", err == nil, err)
	if t.Status == succeeded {
		expect("output", same([]byte(t.Output), verdict), t.Output)
	}
	for _, detail := range p.announced {
		expect("announced", same(detail, verdict), string(detail))
	}
	expect("history:", historyFits(t, len(p.announced)), len(t.Events))
	again := strings.Join(t.Again, ", ") == "the same, ExecutionAlreadyExists, ExecutionAlreadyExists"
	expect("started again:", !w.again || again, t.Again)
	return strings.Join(wrong, "; ")
}

// judgeCalls demands that every invocation has got the input as it was, with the workflow's start where the input has
// none, the name of the execution and, after the first verdict, the last one; and that the waits in between were made.
// It returns the last verdict.
func judgeCalls(j job, calls []*call) (last json.RawMessage, err error) {
	var begun any
	var earliest time.Time
	for i, c := range calls {
		var wanted, got map[string]any
		if err := json.Unmarshal(c.payload, &got); err != nil {
			return nil, err
		}
		if i == 0 {
			begun = got["started_at"]
		}
		wanted = map[string]any{"started_at": begun}
		if err := json.Unmarshal(j.Input, &wanted); err != nil {
			return nil, err
		}
		wanted["execution"] = j.Name
		if last != nil {
			wanted["previous"] = decoded(last)
		}
		at, err := time.Parse(time.RFC3339, fmt.Sprint(got["started_at"]))
		recent := err == nil && time.Since(at).Abs() < 2*runTimeout || strings.Contains(string(j.Input), "started_at")
		if !recent || !reflect.DeepEqual(got, wanted) {
			return nil, fmt.Errorf("call %d got %.500v, want %.500v", i+1, got, wanted)
		}
		if c.at.Before(earliest) {
			return nil, fmt.Errorf("call %d was made before the wait was over", i+1)
		}
		if c.verdict != nil {
			var v struct {
				Wait time.Duration `json:"wait_seconds"`
			}
			_ = json.Unmarshal(c.verdict, &v) // it is a verdict
			last, earliest = c.verdict, c.at.Add(v.Wait*time.Second)
		}
	}
	return last, nil
}

// historyFits demands the numbers of events with which tests work out the size of a long history, where an engine has
// AWS's events and the announcement met no error.
func historyFits(t trace, announced int) bool {
	if t.Events == nil || t.Status != succeeded || announced != 1 {
		return true
	}
	all := asl.EventsStart + asl.EventsEnd
	for _, s := range t.Steps {
		switch {
		case s.Kind == entered && s.State == "Wait":
			all += asl.EventsLoop
		case s.Kind == retried:
			all += asl.EventsAttempt
		}
	}
	return len(t.Events) == all && slices.Index(t.Events, "TaskStateEntered") == asl.EventsStart
}

func same(a, b []byte) bool { return reflect.DeepEqual(decoded(a), decoded(b)) }

func decoded(text []byte) any {
	var value any
	if json.Unmarshal(text, &value) != nil {
		return string(text)
	}
	return value
}
