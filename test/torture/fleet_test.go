package torture

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// slowest is the most that a check takes in virtual time.
const slowest = time.Second

// fleet runs the executions of one tenant in virtual time, one attempt after the other.
type fleet struct {
	*world
	workflow *workflow
	step     *handler.Step
	queue    []due
	numbers  *rand.ChaCha8 // nonces

	cold     int           // one check in so many meets a new process
	capacity int           // reserved concurrency; 0 for no limit
	takes    time.Duration // time of a check; 0: random
	busy     []time.Time   // ends of the checks under way

	fail   func(format string, args ...any)
	sum    *report
	digest uint64 // of all that has happened, by which two runs can be compared
}

// due is a wait and when it goes on.
type due struct {
	at time.Time
	*execution
}

func newFleet(t *testing.T, number uint64, sum *report) *fleet {
	t.Helper()
	f := &fleet{
		world:    &world{r: random(number), now: monday, lives: make(map[int64]*life)},
		workflow: readWorkflow(),
		numbers:  rand.NewChaCha8([32]byte{byte(number)}),
		cold:     500,
		fail:     t.Errorf,
		sum:      sum,
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
		XDR:     &xdr.Client{Transport: f.world, Now: now, Random: f.numbers},
	}
}

// start adds a wait.
func (f *fleet) start(l *life) {
	f.lives[l.id] = l
	x := &execution{life: l, workflow: f.workflow, event: l.event(), events: f.workflow.counts.Start}
	x.attempts = make(map[int]int)
	f.enqueue(l.began, x)
}

// enqueue keeps the waits in order, the next one last.
func (f *fleet) enqueue(at time.Time, x *execution) {
	place, _ := slices.BinarySearchFunc(f.queue, due{at, x}, func(a, b due) int {
		return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.id, a.id))
	})
	f.queue = slices.Insert(f.queue, place, due{at, x})
}

// run goes on until every wait has ended.
func (f *fleet) run() {
	hash := fnv.New64a()
	for len(f.queue) > 0 {
		last := len(f.queue) - 1
		next := f.queue[last]
		f.queue = f.queue[:last]
		f.now = next.at
		if after, on := f.attempt(next.execution); on {
			f.enqueue(f.now.Add(after), next.execution)
		}
		fmt.Fprint(hash, next.id, next.events, f.now.UnixNano(), ";")
	}
	f.digest = hash.Sum64()
}

// attempt makes one check, and says when the next one is due, if there is to be one.
func (f *fleet) attempt(x *execution) (time.Duration, bool) {
	f.sum.count("checks", 1)
	if f.crowded() {
		return f.failed(x, "Lambda.TooManyRequestsException"), true
	}
	if f.r.IntN(f.cold) == 0 {
		f.coldStart()
	}
	takes := f.takes
	if takes == 0 {
		takes = within(f.r, slowest)
	}
	f.busy = append(f.busy, f.now.Add(takes))
	v, err := f.step.Check(context.Background(), x.event)
	if named, ok := errors.AsType[*handler.Error](err); ok {
		after := f.failed(x, string(named.Name))
		if x.ended != "" {
			f.giveUp(x, err)
			return 0, false
		}
		return takes + after, true
	}
	f.judge(x, v)
	if v.Outcome != handler.Pending {
		f.end(x, v)
		return 0, false
	}
	x.pending()
	return takes + time.Duration(v.WaitSeconds)*time.Second, true
}

// crowded reports whether a check finds no free place.
func (f *fleet) crowded() bool {
	f.busy = slices.DeleteFunc(f.busy, func(end time.Time) bool { return !end.After(f.now) })
	return f.capacity > 0 && len(f.busy) >= f.capacity
}

func (f *fleet) failed(x *execution, name string) time.Duration {
	f.sum.count("checks that were errors", 1)
	x.lastError = f.now
	x.disturbed = true
	return x.failed(name, f.r)
}
