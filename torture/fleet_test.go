package torture

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
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
	workflow workflow
	step     *handler.Step
	queue    queue
	numbers  *rand.ChaCha8 // nonces

	capacity int           // reserved concurrency; 0 for no limit
	takes    time.Duration // time of a check; 0: random
	busy     []time.Time   // ends of the checks under way
	crowded  int           // attempts that found no capacity

	fail func(format string, args ...any)
	sum  figures
}

// figures of a fleet, by which two runs can be compared.
type figures struct {
	waits, checks, errors, deadlines, events int
	worstLag, worstCalmLag                   time.Duration
	verdicts                                 map[string]int
	digest                                   uint64
}

func newFleet(t *testing.T, number uint64) *fleet {
	t.Helper()
	w, err := readWorkflow()
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{world: &world{r: random(number), now: monday, lives: make(map[int64]*life)}, workflow: w, fail: t.Errorf}
	f.numbers = rand.NewChaCha8([32]byte{byte(number)})
	f.sum.verdicts = make(map[string]int)
	f.coldStart()
	return f
}

// coldStart begins with a new process.
func (f *fleet) coldStart() {
	c := handler.DefaultConfig()
	c.SecretID = "xdr/x"
	now := func() time.Time { return f.now }
	f.step = &handler.Step{
		Config: c, Secrets: f.world, Log: slog.New(slog.DiscardHandler), Now: now, Random: f.r.Float64,
		XDR: &xdr.Client{Transport: f.world, Now: now, Random: f.numbers},
	}
}

// start adds a wait.
func (f *fleet) start(l *life) {
	f.lives[l.id] = l
	heap.Push(&f.queue, due{l.began, newExecution(&f.workflow, l)})
}

// run goes on until every wait has ended.
func (f *fleet) run() {
	hash := fnv.New64a()
	for f.queue.Len() > 0 {
		next, _ := heap.Pop(&f.queue).(due)
		f.now = next.at
		x := next.execution
		if after, on := f.attempt(x); on {
			heap.Push(&f.queue, due{f.now.Add(after), x})
		}
		fmt.Fprint(hash, x.id, x.events, f.now.UnixNano(), ";")
	}
	f.sum.digest = hash.Sum64()
}

// attempt makes one check, and says when the next one is due, if there is to be one.
func (f *fleet) attempt(x *execution) (time.Duration, bool) {
	x.attempt()
	f.sum.checks++
	if f.crowd() {
		return f.failed(x, "Lambda.TooManyRequestsException"), true
	}
	if f.r.IntN(500) == 0 {
		f.coldStart()
	}
	takes := f.takes
	if takes == 0 {
		takes = time.Duration(f.r.Int64N(int64(slowest)))
	}
	f.busy = append(f.busy, f.now.Add(takes))
	v, err := f.step.Check(context.Background(), x.event)
	var named *handler.Error
	if errors.As(err, &named) {
		after := f.failed(x, string(named.Name))
		if x.lost != "" {
			f.fail("LOST: action %d, %v after its begin: %v", x.id, f.now.Sub(x.began), err)
			return 0, false
		}
		return takes + after, true
	}
	f.judge(x, v)
	if v.Outcome != handler.Pending {
		x.ended()
		f.end(x, v)
		return 0, false
	}
	x.pending()
	x.disturbed = false
	return takes + time.Duration(v.WaitSeconds)*time.Second, true
}

// crowd tells whether a check finds no free place.
func (f *fleet) crowd() bool {
	busy := f.busy[:0]
	for _, end := range f.busy {
		if end.After(f.now) {
			busy = append(busy, end)
		}
	}
	f.busy = busy
	full := f.capacity > 0 && len(busy) >= f.capacity
	if full {
		f.crowded++
	}
	return full
}

func (f *fleet) failed(x *execution, name string) time.Duration {
	f.sum.errors++
	x.lastError, x.disturbed = f.now, true
	return x.failed(name, f.r)
}

// judge compares a check's verdict with the observer's at the same moment.
func (f *fleet) judge(x *execution, v handler.Verdict) {
	at := f.now.Sub(x.began)
	want := x.truth(at)
	late := want == "pending" && at >= x.deadline && v.Outcome == handler.Failed && v.Reason == handler.DeadlineExceeded
	if string(v.Outcome) != want && !late {
		f.fail("WRONG VERDICT: action %d, %v after its begin: %s (%s), the truth is %s", x.id, at, v.Outcome, v.Reason, want)
	}
	if v.Outcome == handler.Pending && at > x.deadline {
		f.fail("action %d: pending %v past its deadline", x.id, at-x.deadline)
	}
}

// end looks at a wait that is over: was it noticed soon enough, within the limits of an execution?
func (f *fleet) end(x *execution, v handler.Verdict) {
	at := f.now.Sub(x.began)
	since := x.deadline
	if v.Reason == handler.DeadlineExceeded {
		f.sum.deadlines++
	} else {
		since = min(x.settled(at), max(x.deadline, x.settled(at)))
	}
	lag := at - since
	calm := !x.disturbed
	bound := min(max(since/10, 5*time.Second), 5*time.Minute) + slowest
	if !calm {
		bound = x.lastError.Sub(x.began) - since + f.workflow.longestPause() + slowest
	}
	if lag > bound {
		f.fail("action %d: noticed %v late, the bound is %v", x.id, lag, bound)
	}
	if x.events >= maxEvents || at > f.workflow.limit {
		f.fail("LOST: action %d: %d events, %v", x.id, x.events, at)
	}
	f.sum.waits++
	f.sum.events = max(f.sum.events, x.events)
	f.sum.verdicts[string(v.Outcome)+" "+string(v.Reason)]++
	f.sum.worstLag = max(f.sum.worstLag, lag)
	if calm {
		f.sum.worstCalmLag = max(f.sum.worstCalmLag, lag)
	}
}

// due is a wait and when it goes on.
type due struct {
	at        time.Time
	execution *execution
}

// queue holds the waits, the next one first; at one time the one with the lower action id.
type queue []due

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].execution.id < q[j].execution.id
}
func (q *queue) Push(x any) {
	d, _ := x.(due)
	*q = append(*q, d)
}
func (q *queue) Pop() any {
	last := len(*q) - 1
	d := (*q)[last]
	*q = (*q)[:last]
	return d
}
