package torture

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// life is what really happens to an action. The times of its endpoints count from its begin.
type life struct {
	id        int64
	began     time.Time
	deadline  time.Duration
	endpoints []endpoint

	percent        int // of the policy
	partial        string
	certain        bool
	expectedAgents bool

	stranded bool // an outage covers its deadline, and the time after it in which that is noticed
}

// endpoint is PENDING, then IN_PROGRESS, then its last status for good. The reply leaves it out before it appears, and
// while it is gone.
type endpoint struct {
	agent          string
	appears        time.Duration
	runs, ends     time.Duration
	last           string
	gone, returned time.Duration
}

func (e endpoint) status(at time.Duration) string {
	switch {
	case at < e.appears, at >= e.gone && at < e.returned:
		return ""
	case at >= e.ends:
		return e.last
	case at >= e.runs:
		return "IN_PROGRESS"
	}
	return "PENDING"
}

// between draws a duration; each order of magnitude is as likely as another.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), r.Float64()))
}

func pickOne[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// newLife draws an action, on 1 to 20 endpoints and now and then on many. Some never come back; their last status is
// then beyond the deadline.
func newLife(r *rand.Rand, id int64, began time.Time) *life {
	l := &life{id: id, began: began, percent: pickOne(r, 100, 100, 80, 50), partial: pickOne(r, "failed", "done", "pending"), certain: r.IntN(3) == 0}
	l.deadline = between(r, time.Minute, 7*24*time.Hour).Truncate(time.Second)
	count := 1 + r.IntN(20)
	if r.IntN(200) == 0 {
		count = 300
	}
	ends := between(r, 10*time.Second, l.deadline*5/4)
	appears := pickOne(r, 0, 0, time.Duration(r.IntN(100))*time.Second) // within the grace
	l.expectedAgents = count > 1 && r.IntN(3) == 0
	for n := range count {
		e := endpoint{agent: fmt.Sprintf("%016x%016x", id, n), appears: appears, ends: between(r, time.Second, ends), last: "COMPLETED_SUCCESSFULLY"}
		if r.IntN(8) == 0 {
			e.last = pickOne(r, "FAILED", "TIMEOUT", "EXPIRED", "ABORTED", "CANCELED", "COMPLETED_PARTIAL", "NEVER_SEEN_BEFORE")
		}
		e.runs = e.ends / 2
		if l.expectedAgents && n > 0 && r.IntN(3) == 0 { // the first one stays: a reply without agents means something else
			e.gone = between(r, time.Second, ends)
			e.returned = e.gone + between(r, time.Second, time.Hour)
		}
		l.endpoints = append(l.endpoints, e)
	}
	return l
}

// event is what the workflow passes on.
func (l *life) event() []byte {
	expected := "[]"
	if l.expectedAgents {
		var ids []string
		for _, e := range l.endpoints {
			ids = append(ids, e.agent)
		}
		expected = `["` + strings.Join(ids, `","`) + `"]`
	}
	settle := "all"
	if l.certain {
		settle = "certain"
	}
	return fmt.Appendf(nil, `{"group_action_id":%d,"started_at":%q,"timeout_seconds":%d,"expected_agents":%s,"policy":{"min_success_percent":%d,"partial":%q,"settle":%q}}`,
		l.id, l.began.Format(time.RFC3339Nano), int(l.deadline.Seconds()), expected, l.percent, l.partial, settle)
}

// reply is what the API says at a moment.
func (l *life) reply(at time.Duration) string {
	var b strings.Builder
	b.WriteString(`{"reply":{"data":{`)
	separator := ""
	for _, e := range l.endpoints {
		if s := e.status(at); s != "" {
			b.WriteString(separator + `"` + e.agent + `":"` + s + `"`)
			separator = ","
		}
	}
	b.WriteString("}}}")
	return b.String()
}

// truth is what an observer says who knows every endpoint: done, failed or pending.
func (l *life) truth(at time.Duration) string {
	var good, bad, open int
	for _, e := range l.endpoints {
		last := e.last
		if last == "COMPLETED_PARTIAL" {
			last = map[string]string{"failed": "FAILED", "done": "COMPLETED_SUCCESSFULLY", "pending": "PENDING"}[l.partial]
		}
		switch {
		case e.status(at) == "" || at < e.ends || last == "PENDING" || last == "NEVER_SEEN_BEFORE":
			open++
		case last == "COMPLETED_SUCCESSFULLY":
			good++
		default:
			bad++
		}
	}
	all := good + bad + open
	enough := func(n int) bool { return n*100 >= l.percent*all }
	switch {
	case !l.certain && open > 0, l.certain && !enough(good) && enough(good+open):
		return "pending"
	case enough(good):
		return "done"
	}
	return "failed"
}

// settled is since when, at a moment when the truth is not pending, it has not been pending.
func (l *life) settled(at time.Duration) time.Duration {
	changes := []time.Duration{0}
	for _, e := range l.endpoints {
		changes = append(changes, e.appears, e.ends, e.gone, e.returned)
	}
	slices.Sort(changes)
	since := at
	for _, c := range slices.Backward(changes) {
		if c > at {
			continue
		}
		if l.truth(c) == "pending" {
			break
		}
		since = c
	}
	return since
}
