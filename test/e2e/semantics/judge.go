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

// judge says how the execution is not as wanted.
func (x *execution) judge(t trace) (wrong []string) {
	expect := func(what string, ok bool, got any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf("%s %v", what, got))
		}
	}
	w := x.want
	states := strings.Join(t.states(), " ")
	said := strings.ReplaceAll(t.Cause+t.Output, `": `, `":`) // an engine may put spaces there
	expect("status", t.Status == w.status, t.Status)
	expect("error", t.Error == w.err, t.Error)
	expect("does not say "+w.says+":", strings.Contains(said, w.says), said)
	expect("states", regexp.MustCompile("^"+w.states+"$").MatchString(states), states)
	expect("what failed is not Check:", t.Status != failed || strings.HasSuffix(states, "Check"), states)
	expect("calls", w.calls == 0 || w.calls == len(x.calls), len(x.calls))
	expect("announced", w.announced == len(x.announced), len(x.announced))
	verdict, err := x.judgeCalls()
	expect("calls:", err == nil, err)
	if t.Status == succeeded {
		expect("output", same([]byte(t.Output), verdict), t.Output)
	}
	for _, detail := range x.announced {
		expect("announced", same(detail, verdict), string(detail))
	}
	expect("history:", len(x.announced) != 1 || t.historyFits(), len(t.Events))
	again := strings.Join(t.Again, ", ") == "the same, ExecutionAlreadyExists, ExecutionAlreadyExists"
	expect("started again:", t.Again == nil || !w.again || again, t.Again)
	return wrong
}

// judgeCalls demands that every invocation has got the input as it was, with the workflow's start where the input has
// none, the name of the execution and, after the first verdict, the last one; and that the waits in between were made.
// It returns the last verdict.
func (x *execution) judgeCalls() (last json.RawMessage, err error) {
	var begun any
	var earliest time.Time
	for i, c := range x.calls {
		var got map[string]any
		if err := json.Unmarshal(c.payload, &got); err != nil {
			return nil, err
		}
		if i == 0 {
			begun = got["started_at"]
		}
		wanted := map[string]any{"started_at": begun}
		if err := json.Unmarshal(x.input(), &wanted); err != nil {
			return nil, err
		}
		wanted["execution"] = x.executionName()
		if last != nil {
			wanted["previous"] = decoded(last)
		}
		at, err := time.Parse(time.RFC3339, fmt.Sprint(got["started_at"]))
		recent := err == nil && time.Since(at).Abs() < 2*runTimeout || strings.Contains(x.request, "started_at")
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
			last = c.verdict
			earliest = c.at.Add(v.Wait * time.Second)
		}
	}
	return last, nil
}

// states are those visited, in order.
func (t trace) states() (names []string) {
	for _, s := range t.Steps {
		if s.Kind == entered {
			names = append(names, s.State)
		}
	}
	return names
}

// historyFits demands the numbers of events with which tests work out the size of a long history, where an engine has
// AWS's events.
func (t trace) historyFits() bool {
	all := asl.EventsStart + asl.EventsEnd
	for _, s := range t.Steps {
		switch {
		case s.Kind == entered && s.State == "Wait":
			all += asl.EventsLoop
		case s.Kind == retried:
			all += asl.EventsAttempt
		}
	}
	return t.Events == nil || t.Status != succeeded ||
		len(t.Events) == all && slices.Index(t.Events, "TaskStateEntered") == asl.EventsStart
}

func same(a, b []byte) bool { return reflect.DeepEqual(decoded(a), decoded(b)) }

func decoded(text []byte) any {
	var value any
	if json.Unmarshal(text, &value) != nil {
		return string(text)
	}
	return value
}
