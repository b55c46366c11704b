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

// timedOut is the name of an error that might pass, met past the deadline.
const timedOut = "XDR.TimedOut"

// fleet runs the executions of one tenant in virtual time, one attempt after the other.
type fleet struct {
	*world
	workflow workflow
	step     *handler.Step
	queue    queue
	numbers  *rand.ChaCha8 // nonces

	cold     int           // one check in so many meets a new process
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
	worstLag, worstCalmLag, worstGivingUp    time.Duration
	verdicts                                 map[string]int
	digest                                   uint64
}

func newFleet(t *testing.T, number uint64) *fleet {
	t.Helper()
	w, err := readWorkflow()
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{world: &world{r: random(number), now: monday, lives: make(map[int64]*life)}, workflow: w, cold: 500, fail: t.Errorf}
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
	if f.r.IntN(f.cold) == 0 {
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
