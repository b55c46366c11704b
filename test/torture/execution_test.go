package torture

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

// workflow is what the definition says about checks: its retries and outage path are data here.
type workflow struct {
	check  asl.State
	states map[string]asl.State
	limit  time.Duration
}

func readWorkflow() (workflow, error) {
	m, err := asl.Parse(statemachine.Source)
	return workflow{m.States["Check"], m.States, time.Duration(m.TimeoutSeconds) * time.Second}, err
}

// What an execution's history grows by, in events.
const (
	eventsStart   = 1 + 2         // the execution, Begin
	eventsEnter   = 1             // of a task
	eventsAttempt = 3             // scheduled, started, succeeded or failed
	eventsExit    = 1             // of a task
	eventsDecide  = 2             // Choice
	eventsWait    = 2             // Wait
	eventsEnd     = 5 + 2 + 2 + 1 // Announce, Judge, Done or Failed, the execution
	maxEvents     = 25_000
)

// execution is one wait on its way through the workflow.
type execution struct {
	*life
	workflow *workflow
	event    []byte

	attempts  []int // by retrier, since the task was entered
	events    int
	disturbed bool      // the last attempt was an error
	lastError time.Time // its time
	ended     string    // by the error of this name
}

func newExecution(w *workflow, l *life) *execution {
	return &execution{life: l, workflow: w, event: l.event(), events: eventsStart}
}

// attempt counts one attempt of the check, which enters the task if it is the first since.
func (x *execution) attempt() {
	if x.attempts == nil {
		x.attempts = make([]int, len(x.workflow.check.Retry))
		x.events += eventsEnter
	}
	x.events += eventsAttempt
}

// pending leaves the task for the next round.
func (x *execution) pending() {
	x.attempts = nil
	x.events += eventsExit + eventsDecide + eventsWait
}

// failed says how long the workflow waits after an error, as a retry or on the outage path, or ends the execution.
func (x *execution) failed(name string, r *rand.Rand) time.Duration {
	for i, retry := range x.workflow.check.Retry {
		if !slices.Contains(retry.ErrorEquals, name) {
			continue
		}
		if x.attempts[i] == retry.MaxAttempts {
			break
		}
		delay := float64(retry.IntervalSeconds) * math.Pow(retry.BackoffRate, float64(x.attempts[i]))
		x.attempts[i]++
		return time.Duration(min(delay, float64(retry.MaxDelaySeconds)) * r.Float64() * float64(time.Second)) // full jitter
	}
	for _, c := range x.workflow.check.Catch {
		if !slices.Contains(c.ErrorEquals, name) && !slices.Contains(c.ErrorEquals, asl.Wildcard) {
			continue
		}
		next := x.workflow.states[c.Next]
		if next.Seconds == nil {
			break
		}
		x.attempts = nil
		x.events += eventsExit + eventsWait
		return time.Duration(*next.Seconds) * time.Second
	}
	x.ended = name
	return 0
}

// longestPause is the most that lies between a failed attempt and the next one.
func (w *workflow) longestPause() time.Duration {
	longest := 0
	for _, retry := range w.check.Retry {
		longest = max(longest, retry.MaxDelaySeconds)
	}
	for _, s := range w.states {
		if s.Seconds != nil {
			longest = max(longest, *s.Seconds)
		}
	}
	return time.Duration(longest) * time.Second
}
