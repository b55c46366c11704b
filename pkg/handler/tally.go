package handler

import (
	"cmp"
	"slices"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// Bounds of a verdict's lists and texts. Together they keep it within [maxVerdict] whatever the API says.
const (
	maxListed  = 100    // entries of a list
	maxID      = 64     // JSON bytes of an agent id or a status
	maxError   = 256    // JSON bytes, so at most as many characters, of an error
	maxFailed  = 18_000 // JSON bytes of failed_endpoints: 100 entries with an error of 90 characters
	maxUnknown = 2_500  // JSON bytes of unknown_statuses
)

// otherStatus is where statuses beyond maxUnknown are counted.
const otherStatus = "(other)"

// tally folds a reply, agent by agent, into counts and short lists. It is an [xdr.Sink].
type tally struct {
	Endpoints
	partial     partial
	statuses    counts
	unknown     []string
	unknownSize int // JSON bytes of unknown
	failed      lowest
	pending     lowest
	reasons     lowest // those that came before the statuses
	missing     map[string]bool
	truncated   bool
}

// counts are how many agents have each status. There are few, and looking through them is faster than a map.
type counts []struct {
	status string
	agents int
}

// of finds the count of a status that has been seen.
func (c counts) of(status string) *int {
	for i := range c {
		if c[i].status == status {
			return &c[i].agents
		}
	}
	return nil
}

func newTally(r request) *tally {
	t := &tally{partial: r.policy.partial, missing: make(map[string]bool, len(r.expected))}
	for _, id := range r.expected {
		t.missing[id] = true
	}
	return t
}

// AgentStatus counts one agent.
func (t *tally) AgentStatus(agentID []byte, status xdr.Status) {
	t.Total++
	delete(t.missing, string(agentID))
	c, known := classify(status, t.partial)
	if !known {
		status = xdr.Status(clip(string(status), maxID))
	}
	t.count(string(status), known)
	if status == xdr.StatusCompletedPartial {
		t.Partial++
	}
	switch c {
	case succeeded:
		t.Succeeded++
	case failed:
		t.Failed++
		t.failed.add(agentID, FailedEndpoint{Status: status})
	case pending:
		t.Pending++
		t.pending.add(agentID, FailedEndpoint{})
	}
}

func (t *tally) count(status string, known bool) {
	agents := t.statuses.of(status)
	if agents == nil && !known {
		t.unknownSize += jsonSize(status)
		if len(t.unknown) == maxListed || t.unknownSize > maxUnknown {
			t.truncated, status = true, otherStatus
			agents = t.statuses.of(status)
		} else {
			t.unknown = append(t.unknown, status)
		}
	}
	if agents == nil {
		t.statuses = append(t.statuses, counts{{status: status}}...)
		agents = &t.statuses[len(t.statuses)-1].agents
	}
	*agents++
}

// ErrorReason keeps the reason of an agent that is listed as failed. Reasons that come first are kept for
// those that will be: the lowest, like the list itself.
func (t *tally) ErrorReason(agentID []byte, reason xdr.ErrorReason) {
	if t.Total == 0 {
		t.reasons.add(agentID, FailedEndpoint{Error: clip(reason.String(), maxError)})
		return
	}
	if e := t.failed.find(agentID); e != nil {
		e.Error = clip(reason.String(), maxError)
	}
}

// finish adds the expected agents that did not appear, and the reasons that came first.
func (t *tally) finish() {
	for id := range t.missing {
		t.Total++
		t.Pending++
		t.Missing++
		t.pending.add([]byte(id), FailedEndpoint{})
	}
	for _, r := range t.reasons.entries {
		if e := t.failed.find([]byte(r.AgentID)); e != nil {
			e.Error = r.Error
		}
	}
	slices.Sort(t.unknown)
	size := 0
	for i, e := range t.failed.entries {
		if size += e.size(); size > maxFailed {
			t.failed.entries, t.failed.dropped = t.failed.entries[:i], true
			break
		}
	}
	t.truncated = t.truncated || t.failed.dropped || t.pending.dropped
}

// size is what an entry takes in JSON: its texts, its keys and punctuation.
func (e FailedEndpoint) size() int {
	return jsonSize(e.AgentID) + jsonSize(string(e.Status)) + jsonSize(e.Error) + len(`{"agent_id":,"status":,"error":},`)
}

// lowest keeps the entries with the lowest agent ids, in order.
type lowest struct {
	entries []FailedEndpoint
	dropped bool
}

func (l *lowest) add(agentID []byte, e FailedEndpoint) {
	full := len(l.entries) == maxListed
	l.dropped = l.dropped || full
	if full && string(agentID) >= l.entries[maxListed-1].AgentID {
		return
	}
	if full {
		l.entries = l.entries[:maxListed-1]
	}
	e.AgentID = clip(string(agentID), maxID)
	i, _ := l.search(e.AgentID)
	l.entries = slices.Insert(l.entries, i, e)
}

func (l *lowest) find(agentID []byte) *FailedEndpoint {
	if n := len(l.entries); n == 0 || string(agentID) > l.entries[n-1].AgentID {
		return nil
	}
	if i, ok := l.search(clip(string(agentID), maxID)); ok {
		return &l.entries[i]
	}
	return nil
}

func (l *lowest) search(id string) (int, bool) {
	return slices.BinarySearchFunc(l.entries, id, func(e FailedEndpoint, id string) int { return cmp.Compare(e.AgentID, id) })
}
