package torture

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

const week = 7 * 24 * time.Hour

// life is what really happens to an action. The times of its endpoints count from its begin.
type life struct {
	id        int64
	began     time.Time
	deadline  time.Duration
	endpoints []endpoint

	expected bool // the request lists the agents
	dated    bool // the request says when the action began
	stranded bool // an outage covers its deadline, and the time after it in which that is noticed
}

// endpoint is PENDING until it ends, then its last status for good. The reply leaves it out before it appears and while
// it is gone.
type endpoint struct {
	agent          string
	appears, ends  time.Duration
	last           string
	gone, returned time.Duration
}

func (e endpoint) status(at time.Duration) string {
	switch {
	case at < e.appears, at >= e.gone && at < e.returned:
		return ""
	case at >= e.ends:
		return e.last
	}
	return "PENDING"
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

// simple is an action on one endpoint that succeeds after a while. Its deadline is far.
func simple(id int64, began time.Time, ends time.Duration) *life {
	return &life{id: id, began: began, deadline: week, endpoints: []endpoint{{agent: "a", ends: ends, last: success}}}
}

// newLife draws an action, on 1 to 20 endpoints and now and then on many. Some never come back; their last status is
// then beyond the deadline.
func newLife(r *rand.Rand, id int64, began time.Time) *life {
	l := &life{
		id:       id,
		began:    began.Truncate(time.Millisecond), // as Step Functions writes a time
		deadline: between(r, time.Minute, week).Truncate(time.Second),
		expected: r.IntN(3) == 0,
		dated:    r.IntN(2) == 0,
	}
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
		if l.expected && r.IntN(3) == 0 {
			e.vanish(r, 0, ends)
		}
		l.endpoints = append(l.endpoints, e)
	}
	return l
}

func (e *endpoint) vanish(r *rand.Rand, after, before time.Duration) {
	e.gone = after + between(r, time.Second, before)
	e.returned = e.gone + between(r, time.Second, time.Hour)
}

// request is the input of the workflow. A member of the workflow's own in it, now and then, must not count.
func (l *life) request() map[string]any {
	request := map[string]any{"group_action_id": l.id, "timeout_seconds": int(l.deadline.Seconds())}
	if l.dated {
		request["started_at"] = l.began
	}
	if l.expected {
		var expected []string
		for _, e := range l.endpoints {
			expected = append(expected, e.agent)
		}
		request["expected_agents"] = expected
	}
	if l.id%3 == 0 {
		request["execution"] = "another"
	}
	return request
}

// reply is what the API says at a moment.
func (l *life) reply(at time.Duration) string {
	data := make(map[string]string)
	for _, e := range l.endpoints {
		if status := e.status(at); status != "" {
			data[e.agent] = status
		}
	}
	return `{"reply":{"data":` + string(raw(data)) + "}}"
}

// shows reports whether the reply names an endpoint.
func (l *life) shows(at time.Duration) bool {
	return slices.ContainsFunc(l.endpoints, func(e endpoint) bool { return e.status(at) != "" })
}

// truth is what an observer says who knows every endpoint: done, failed or pending.
func (l *life) truth(at time.Duration) string {
	truth := "done"
	for _, e := range l.endpoints {
		switch e.status(at) {
		case "", "PENDING", "NEVER_SEEN_BEFORE":
			return "pending"
		case success:
		default:
			truth = "failed"
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
