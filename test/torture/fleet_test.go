package torture

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// slowest is the most that a check takes in virtual time.
const slowest = time.Second

// fleet runs the executions of one tenant in virtual time, one attempt after the other.
type fleet struct {
	*world
	machine asl.Machine
	step    *handler.Step
	queue   []due

	cold     int           // one check in so many meets a new process
	capacity int           // reserved concurrency; 0 for no limit
	takes    time.Duration // time of a check; 0: random
	pace     time.Duration // between two checks, as a queue would keep it; 0: none
	busy     []time.Time   // ends of the checks under way

	t    *testing.T
	sum  *report
	lags []time.Duration // from the end of an action until it is known
}

// due is a wait and when it goes on.
type due struct {
	at time.Time
	*execution
}

func newFleet(t *testing.T, number uint64, sum *report) *fleet {
	t.Helper()
	f := &fleet{
		world:   &world{r: random(number), now: monday, lives: make(map[int64]*life)},
		machine: readMachine(),
		cold:    500,
		t:       t,
		sum:     sum,
	}
	f.coldStart()
	return f
}

// coldStart begins with a new process.
func (f *fleet) coldStart() {
	c := handler.DefaultConfig()
	c.SecretID = "xdr/x"
	now := func() time.Time { return f.now }
	f.step = &handler.Step{
		Config:  c,
		Secrets: f.world,
		Now:     now,
		Random:  f.r.Float64,
		XDR:     &xdr.Client{Transport: f.world, Now: now},
	}
}

// start adds a wait. If the request says when the action began, the execution may start later.
func (f *fleet) start(l *life, delay time.Duration) {
	f.lives[l.id] = l
	f.enqueue(l.began.Add(delay), newExecution(l, f.machine, l.began.Add(delay)))
}

// enqueue keeps the waits in order, the next one last. The machine's own limit ends an execution in the middle of
// anything.
func (f *fleet) enqueue(at time.Time, x *execution) {
	if limit := x.limit(); at.After(limit) {
		at = limit
		x.ended = "States.Timeout"
	}
	place, _ := slices.BinarySearchFunc(f.queue, due{at, x}, func(a, b due) int {
		return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.id, a.id))
	})
	f.queue = slices.Insert(f.queue, place, due{at, x})
}

// run goes on until every wait has ended.
func (f *fleet) run() {
	for len(f.queue) > 0 {
		last := len(f.queue) - 1
		next := f.queue[last]
		f.queue = f.queue[:last]
		if f.now = next.at; f.pace > 0 && f.now.Before(f.free) {
			f.now = f.free
		}
		f.free = f.now.Add(f.pace)
		if after, on := f.attempt(next.execution); on {
			f.enqueue(f.now.Add(after), next.execution)
		}
	}
}

// attempt makes one check, and says when the next one is due, if there is to be one.
func (f *fleet) attempt(x *execution) (time.Duration, bool) {
	if x.ended != "" {
		f.giveUp(x, x.ended)
		return 0, false
	}
	f.sum.count("checks", 1)
	if refusal := f.refusal(); refusal != "" {
		x.lastCrash = f.now
		return f.failed(x, refusal)
	}
	if f.r.IntN(f.cold) == 0 {
		f.coldStart()
	}
	takes := cmp.Or(f.takes, within(f.r, slowest))
	if f.capacity > 0 {
		f.busy = append(f.busy, f.now.Add(takes))
	}
	v, err := f.step.Check(context.Background(), x.payload())
	if named, ok := errors.AsType[*handler.Error](err); ok {
		after, on := f.failed(x, string(named.Name))
		return takes + after, on
	}
	f.judge(x, v)
	if v.Outcome != handler.Pending {
		f.end(x, v, takes)
		return 0, false
	}
	x.answered(v)
	return takes + time.Duration(v.WaitSeconds)*time.Second, true
}

// refusal is Lambda's error if the function cannot be run now.
func (f *fleet) refusal() string {
	f.busy = slices.DeleteFunc(f.busy, func(end time.Time) bool { return !end.After(f.now) })
	switch {
	case f.capacity > 0 && len(f.busy) >= f.capacity:
		return "Lambda.TooManyRequestsException"
	case f.lambdaDown.cover(f.now):
		return pickOne(f.r, "Lambda.ServiceException", "Lambda.CodeArtifactUserPendingException",
			"Lambda.ENILimitReachedException", "Lambda.Unknown", "Runtime.ExitError")
	}
	return ""
}

func (f *fleet) failed(x *execution, name string) (time.Duration, bool) {
	f.sum.count("checks that were errors", 1)
	x.lastError = f.now
	x.disturbed = true
	after := x.failed(name, f.r)
	if x.ended != "" {
		f.giveUp(x, name)
	}
	return after, x.ended == ""
}
