package handler

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// Bounds of a verdict's lists and texts. [Verdict.fit] keeps the whole within [maxVerdict].
const (
	maxListed  = 100   // entries of a list
	maxID      = 64    // characters of an agent id or a status
	maxError   = 256   // characters of an error
	maxUnknown = 2_500 // JSON bytes of unknown_statuses
)

// otherStatus is where statuses beyond maxUnknown are counted.
const otherStatus = "(other)"

// tally folds a reply, agent by agent, into counts and short lists. It is an [xdr.Sink].
type tally struct {
	Endpoints
	policy      policy
	out         xdr.Redactor   // the way out for all that is listed
	statuses    map[string]int // agents by status
	unknown     []string
	unknownSize int // JSON bytes of unknown
	failed      lowest
	pending     lowest
	reasons     lowest // those that came before the statuses
	reasonsSeen int    // agents that have a reason
	missing     agents // expected, and not yet named
	truncated   bool
}

func newTally(r request) *tally {
	return &tally{policy: r.policy, missing: maps.Clone(r.expected), statuses: map[string]int{}}
}

// Begin takes over the way out.
func (t *tally) Begin(out xdr.Redactor) { t.out = out }

// AgentStatus counts one agent.
func (t *tally) AgentStatus(agentID []byte, status xdr.Status) {
	outcome, known := classify(status, t.policy)
	if !known {
		status = t.shown(status)
	}
	t.add(agentID, status, outcome, known)
}

// shown makes an unknown status fit to be named. One that would look like a known one is quoted.
func (t *tally) shown(status xdr.Status) xdr.Status {
	line := xdr.Status(t.out.Line(string(status), maxID))
	if _, known := classify(line, t.policy); known || line == otherStatus {
		line = xdr.Status(t.out.Line(strconv.QuoteToASCII(string(status)), maxID))
	}
	return line
}

// NoStatus counts an agent without a status as pending, whatever the policy says of unknown ones.
func (t *tally) NoStatus(agentID, value []byte) {
	t.add(agentID, xdr.Status(t.out.Line(string(value), maxID)), Pending, false)
}

func (t *tally) add(agentID []byte, status xdr.Status, outcome Outcome, known bool) {
	t.Total++
	t.Seen++
	if len(t.missing) > 0 {
		delete(t.missing, foldID(string(agentID)))
	}
	t.count(string(status), known)
	if status == xdr.StatusCompletedPartial {
		t.Partial++
	}
	switch outcome {
	case Done:
		t.Succeeded++
	case Failed:
		t.Failed++
		t.failed.add(t.out, agentID, FailedEndpoint{Status: status})
	case Pending:
		t.Pending++
		t.pending.add(t.out, agentID, FailedEndpoint{})
	}
}

func (t *tally) count(status string, known bool) {
	if t.statuses[status] == 0 && !known {
		t.unknownSize += jsonSize(status)
		if len(t.unknown) == maxListed || t.unknownSize > maxUnknown {
			t.truncated = true
			status = otherStatus
		} else {
			t.unknown = append(t.unknown, status)
		}
	}
	t.statuses[status]++
}

// ErrorReason keeps the reason of an agent that is listed as failed. Reasons that come first are kept for those that
// will be: the lowest, like the list itself. One that says nothing would only take the place of another.
func (t *tally) ErrorReason(agentID []byte, reason xdr.ErrorReason) {
	t.reasonsSeen++
	if t.Total > 0 {
		if e := t.failed.find(agentID); e != nil {
			e.Error = t.out.Line(reason.String(), maxError)
		}
		return
	}
	if !t.reasons.takes(agentID) {
		return
	}
	if line := t.out.Line(reason.String(), maxError); line != "" {
		t.reasons.add(t.out, agentID, FailedEndpoint{Error: line})
	}
}

func (t *tally) finish() {
	for _, id := range t.missing {
		t.Total++
		t.Pending++
		t.Missing++
		t.pending.add(t.out, []byte(id), FailedEndpoint{})
	}
	for _, r := range t.reasons.entries {
		if e := t.failed.find([]byte(r.key)); e != nil {
			e.Error = r.Error
		}
	}
	slices.Sort(t.unknown)
	t.truncated = t.truncated || t.failed.dropped || t.pending.dropped
}

// lowest keeps the entries with the lowest agent ids, in order.
type lowest struct {
	entries []entry
	dropped bool
}

// entry is an endpoint under the beginning of its id as it came: what is shown of an id may differ from it.
type entry struct {
	key string
	FailedEndpoint
}

func keyOf(agentID []byte) []byte { return agentID[:min(len(agentID), maxID)] }

// takes reports whether an entry with this id would be kept.
func (l *lowest) takes(agentID []byte) bool {
	return len(l.entries) < maxListed || string(keyOf(agentID)) < l.entries[maxListed-1].key
}

func (l *lowest) add(out xdr.Redactor, agentID []byte, e FailedEndpoint) {
	full := len(l.entries) == maxListed
	l.dropped = l.dropped || full
	if !l.takes(agentID) {
		return
	}
	if full {
		l.entries = l.entries[:maxListed-1]
	}
	key := string(keyOf(agentID)) // a copy: a part of a whole id would keep it in memory
	id := key
	if len(agentID) > maxID {
		id = string(agentID)
	}
	e.AgentID = out.Line(id, maxID)
	i, _ := l.search(keyOf(agentID))
	l.entries = slices.Insert(l.entries, i, entry{key, e})
}

func (l *lowest) find(agentID []byte) *entry {
	key := keyOf(agentID)
	if n := len(l.entries); n == 0 || string(key) > l.entries[n-1].key {
		return nil
	}
	if i, ok := l.search(key); ok {
		return &l.entries[i]
	}
	return nil
}

func (l *lowest) search(key []byte) (int, bool) {
	return slices.BinarySearchFunc(l.entries, key, func(e entry, key []byte) int {
		return cmp.Compare(e.key, string(key))
	})
}
