package torture

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

// workflow is the definition: its retries and its outage path are data here.
type workflow struct {
	asl.Machine
	counts asl.Events // in a history, as an engine has counted them
}

const maxEvents = 25_000 // in a history

func readWorkflow() *workflow {
	w := &workflow{Machine: must(asl.Parse(statemachine.Source))}
	try(json.Unmarshal(must(os.ReadFile("../../statemachine/history.json")), &w.counts))
	return w
}

// execution is one wait on its way through the workflow.
type execution struct {
	*life
	*workflow
	event []byte

	attempts  map[int]int // by retrier, since the task was entered
	events    int         // in the history
	disturbed bool        // the last attempt was an error
	lastError time.Time   // its time
	ended     string      // by the error of this name
}

// pending leaves the task for the next round.
func (x *execution) pending() {
	x.attempts = make(map[int]int)
	x.disturbed = false
	x.events += x.counts.Loop
}

// failed says how long the workflow waits after an error, as a retry or on the outage path, or ends the execution.
func (x *execution) failed(name string, r *rand.Rand) time.Duration {
	x.events += x.counts.Attempt
	if entry, ok := x.Retried("Check", name); ok {
		retry := x.States["Check"].Retry[entry.Index]
		used := x.attempts[entry.Index]
		if used < retry.MaxAttempts {
			x.attempts[entry.Index]++
			delay := float64(retry.IntervalSeconds) * math.Pow(retry.BackoffRate, float64(used))
			delay = min(delay, float64(retry.MaxDelaySeconds)) * r.Float64() // full jitter
			return time.Duration(delay * float64(time.Second))
		}
	}
	edge, _ := x.Caught("Check", name)
	if pause := x.States[edge.To].Seconds; pause != nil {
		x.attempts = make(map[int]int)
		x.events += x.counts.Outage
		return time.Duration(*pause) * time.Second
	}
	x.ended = name
	return 0
}

// longestPause is the most that lies between a failed attempt and the next one.
func (w *workflow) longestPause() time.Duration {
	longest := 0
	for _, s := range w.States {
		for _, retry := range s.Retry {
			longest = max(longest, retry.MaxDelaySeconds)
		}
		if s.Seconds != nil {
			longest = max(longest, *s.Seconds)
		}
	}
	return time.Duration(longest) * time.Second
}
