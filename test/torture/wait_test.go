package torture

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// slowest is the most that a check takes in virtual time.
const slowest = time.Second

// wait is one execution of the workflow. Its retriers and its limit are the definition's.
type wait struct {
	*life
	world   *world
	name    string
	started time.Time

	previous *handler.Verdict // the last one
	used     map[int]int      // retries by retrier, since Check was entered
	events   int              // in the history

	seen      bool      // a reply has named an endpoint
	disturbed bool      // the last attempt was an error
	lastError time.Time // its time
	lastCrash time.Time // when the function could not be run
}

// run makes checks until the wait ends. The first comes a little after the start of the execution, so that no two waits
// ask at the same moment.
func (x *wait) run() {
	time.Sleep(time.Until(x.started) + time.Duration(1+x.id%1_000)*time.Microsecond)
	limit := x.started.Add(time.Duration(x.world.machine.TimeoutSeconds) * time.Second)
	for {
		x.world.queue()
		after, on := x.attempt()
		if !on {
			return
		}
		time.Sleep(min(after, time.Until(limit)))
		if !time.Now().Before(limit) {
			x.giveUp("States.Timeout")
			return
		}
	}
}

// attempt makes one check. It says when the next one is due, if there is to be one.
func (x *wait) attempt() (after time.Duration, on bool) {
	w := x.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sum.count("checks", 1)
	if refusal := w.refusal(); refusal != "" {
		x.lastCrash = time.Now()
		return x.failed(refusal)
	}
	if w.r.IntN(w.cold) == 0 {
		w.coldStart()
	}
	takes := cmp.Or(w.takes, within(w.r, slowest))
	w.busy = append(w.busy, time.Now().Add(takes))
	v, err := w.step.Check(context.Background(), x.event())
	if named, ok := errors.AsType[*handler.Error](err); ok {
		after, on = x.failed(string(named.Name))
		return takes + after, on
	}
	x.judge(v)
	if v.Outcome != handler.Pending {
		x.end(v, takes)
		return 0, false
	}
	x.previous = &v
	x.used = make(map[int]int)
	x.disturbed = false
	x.events += asl.EventsLoop
	return takes + time.Duration(v.WaitSeconds)*time.Second, true
}

// event is what the workflow makes of its input; test/e2e shows that it does.
func (x *wait) event() []byte {
	event := map[string]any{
		"group_action_id": x.id,
		"timeout_seconds": int(x.deadline.Seconds()),
		"started_at":      x.started,
		"execution":       x.name,
	}
	if x.dated {
		event["started_at"] = x.began
	}
	if x.expected != nil {
		event["expected_agents"] = x.expected
	}
	if x.previous != nil {
		event["previous"] = x.previous
	}
	return raw(event)
}

// failed says how long the workflow waits after an error, or ends the wait.
func (x *wait) failed(name string) (after time.Duration, on bool) {
	x.world.sum.count("checks that were errors", 1)
	x.lastError = time.Now()
	x.disturbed = true
	x.events += asl.EventsAttempt
	entry, ok := x.world.machine.Retried("Check", name)
	if retry := x.world.machine.States["Check"].Retry[entry.Index]; ok && x.used[entry.Index] < retry.MaxAttempts {
		x.used[entry.Index]++
		delay := min(retry.Delay(x.used[entry.Index]-1, x.world.r.Float64()), week.Seconds())
		return time.Duration(delay * float64(time.Second)), true
	}
	x.giveUp(name)
	return 0, false
}

func raw(value any) json.RawMessage { return must(json.Marshal(value)) }

// Figures of a report.
const (
	waitsEnded = "waits"
	endedBy    = "waits that ended as "
	tooMany    = "requests over the rate limit"
)

// promise is for what errors have delayed: five minutes and the check itself.
const promise = 5*time.Minute + slowest

func (x *wait) fail(format string, args ...any) {
	x.world.t.Errorf("action %d: %s", x.id, fmt.Sprintf(format, args...))
}

// judge compares a check's verdict with the observer's at the same moment.
func (x *wait) judge(v handler.Verdict) {
	at := time.Since(x.began)
	said := x.statuses(at)
	want := x.truth(said)
	x.seen = x.seen || len(said) > 0
	if !x.seen && at > x.world.step.EmptyGrace {
		want = handler.Failed // not found: no reply of this wait has ever named an endpoint
	}
	late := want == handler.Pending && at >= x.deadline && v.Outcome == handler.Failed && v.Reason == handler.DeadlineExceeded
	if v.Outcome != want && !late {
		x.fail("WRONG VERDICT %v after its begin: %s (%s), the truth is %s", at, v.Outcome, v.Reason, want)
	}
	if v.Outcome == handler.Pending && at > x.deadline {
		x.fail("pending %v past its deadline", at-x.deadline)
	}
	if v.Execution != x.name {
		x.fail("the verdict is for execution %q, not %q", v.Execution, x.name)
	}
}

// giveUp looks at a wait that an error has ended. Either it is past its deadline, at the first chance to notice that,
// or the function cannot be run at all.
func (x *wait) giveUp(name string) {
	noticeable := x.began.Add(x.deadline)
	if x.lastCrash.After(noticeable) {
		noticeable = x.lastCrash
	}
	late := time.Since(noticeable)
	timedOut := name == string(handler.TimedOut) && late >= 0 && late <= promise
	if neverRun := name == "States.Timeout" && x.world.is(lambdaDown); !timedOut && !neverRun {
		x.fail("LOST %v past its deadline: %s", late, name)
	}
	x.finish(name)
	x.world.sum.most("worst time past the deadline in an outage, in seconds", int(late.Seconds()))
}

// finish looks at what is the same for every wait that ends.
func (x *wait) finish(how string) {
	x.events += asl.EventsEnd
	if x.events >= asl.MaxEvents {
		x.fail("LOST: %d events", x.events)
	}
	x.world.sum.count(waitsEnded, 1)
	x.world.sum.count(endedBy+how, 1)
	x.world.sum.most("most history events", x.events)
}

// end looks at a wait that is over: was it noticed soon enough?
func (x *wait) end(v handler.Verdict, takes time.Duration) {
	w := x.world
	at := time.Since(x.began)
	since := x.deadline
	if v.Reason != handler.DeadlineExceeded {
		since = max(x.settled(at), x.started.Sub(x.began))
	}
	lag := at - since
	bound := min(max(since/10, 5*time.Second), w.step.MaxWait) + slowest
	if x.disturbed {
		bound = x.lastError.Sub(x.began) - since + promise
	} else {
		w.sum.most("worst lag without an error just before, in seconds", int(lag.Seconds()))
	}
	if lag > bound && w.pace == 0 {
		x.fail("noticed %v late, the bound is %v", lag, bound)
	}
	if x.stranded {
		x.fail("%s (%s) in an outage past its deadline", v.Outcome, v.Reason)
	}
	x.finish(string(v.Outcome) + ", " + string(v.Reason))
	w.sum.most("worst lag, in seconds", int(lag.Seconds()))
	w.lags = append(w.lags, lag+takes)
}
