package handler

import (
	"cmp"
	"slices"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

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
	id := string(agentID)
	e.AgentID = out.Line(id, maxID)
	i, _ := l.search(keyOf(agentID))
	l.entries = slices.Insert(l.entries, i, entry{id[:min(len(id), maxID)], e})
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
