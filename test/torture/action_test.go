package torture

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

const week = 7 * 24 * time.Hour

// life is what really happens to an action. The times of its endpoints count from its begin.
type life struct {
	id        int64
	began     time.Time
	deadline  time.Duration
	endpoints []endpoint

	expected []string // agents that the request lists
	dated    bool     // the request says when the action began
	stranded bool     // an outage covers its deadline, and the time after it in which that is noticed
}

// endpoint is PENDING until it ends, then its last status for good. The reply leaves it out before it appears and while
// it is gone.
type endpoint struct {
	agent          string
	appears, ends  time.Duration
	last           string
	gone, returned time.Duration
}

const success = "COMPLETED_SUCCESSFULLY"

// between draws a duration; each order of magnitude is as likely as another.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), r.Float64()))
}

// within draws a duration from 0 to most.
func within(r *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(r.Int64N(int64(most)))
}

func pickOne[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// newLife draws an action, on 1 to 20 endpoints and now and then on many. Some never come back; their last status is
// then beyond the deadline.
func newLife(r *rand.Rand, id int64, began time.Time) *life {
	l := &life{
		id:       id,
		began:    began.Truncate(time.Millisecond), // as Step Functions writes a time
		deadline: between(r, time.Minute, week).Truncate(time.Second),
	}
	expected := r.IntN(3) == 0
	l.dated = r.IntN(2) == 0
	ends := between(r, 10*time.Second, l.deadline*5/4)
	all := endpoint{appears: pickOne(r, 0, within(r, 100*time.Second)), last: success} // within the grace
	if r.IntN(4) == 0 {
		all.vanish(r, 10*time.Minute, ends) // all of them at a time, after checks that saw them
	}
	count := 1 + r.IntN(20)
	if r.IntN(200) == 0 {
		count = 300
	}
	for n := range count {
		e := all
		e.agent = fmt.Sprintf("%016x%016x", id, n)
		e.ends = between(r, time.Second, ends)
		if r.IntN(8) == 0 {
			e.last = pickOne(r, "FAILED", "TIMEOUT", "EXPIRED", "ABORTED", "CANCELED", "NEVER_SEEN_BEFORE")
		}
		if expected {
			l.expected = append(l.expected, e.agent)
			if r.IntN(3) == 0 {
				e.vanish(r, 0, ends)
			}
		}
		l.endpoints = append(l.endpoints, e)
	}
	return l
}

func (e *endpoint) vanish(r *rand.Rand, after, before time.Duration) {
	e.gone = after + between(r, time.Second, before)
	e.returned = e.gone + between(r, time.Second, time.Hour)
}

// statuses are what the API says at a moment.
func (l *life) statuses(at time.Duration) map[string]string {
	said := make(map[string]string)
	for _, e := range l.endpoints {
		switch {
		case at < e.appears, at >= e.gone && at < e.returned:
		case at < e.ends:
			said[e.agent] = "PENDING"
		default:
			said[e.agent] = e.last
		}
	}
	return said
}

// truth is the verdict of an observer who knows every endpoint.
func (l *life) truth(said map[string]string) handler.Outcome {
	truth := handler.Done
	if len(said) < len(l.endpoints) {
		return handler.Pending
	}
	for _, status := range said {
		switch status {
		case "PENDING", "NEVER_SEEN_BEFORE":
			return handler.Pending
		case success:
		default:
			truth = handler.Failed
		}
	}
	return truth
}

// settled says since when the truth has not been pending, at a moment when it is not.
func (l *life) settled(at time.Duration) (since time.Duration) {
	for _, e := range l.endpoints {
		since = max(since, e.appears, e.ends)
		if e.gone <= at {
			since = max(since, e.returned)
		}
	}
	return since
}
