package xdrtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// action is an action that has been asked about.
type action struct {
	start time.Time
	asked int
}

// script is a Scenario made ready to be played: one endpoint for each agent, its JSON prepared.
type script struct {
	Scenario

	endpoints []endpoint
}

type endpoint struct {
	key    string // `"<id>":`
	steps  []step
	shift  float64
	reason json.RawMessage
}

type step struct {
	Step

	value string // the status as JSON
}

var emptyReplies = map[string]string{
	"":         `{"reply":{"data":{}}}`,
	"object":   `{"reply":{"data":{}}}`,
	"null":     `{"reply":{"data":null}}`,
	"absent":   `{"reply":{}}`,
	"no_reply": `{}`,
}

// reasonStatuses are the statuses that the API explains.
var reasonStatuses = []string{
	"FAILED", "TIMEOUT", "EXPIRED", "ABORTED", "CANCELLED", "CANCELED", "COMPLETED_PARTIAL",
}

func newScript(s Scenario) *script {
	p := &script{Scenario: s}
	for group, a := range s.Agents {
		steps := make([]step, len(a.Timeline))
		for i, st := range a.Timeline {
			steps[i] = step{st, quote(st.Status)}
		}
		n := max(a.Count, 1)
		for i := range n {
			e := endpoint{key: quote(a.ID) + ":", steps: steps, reason: a.ErrorReason}
			if a.ID == "" {
				e.key = quote(agentID(group, i)) + ":"
			}
			if n > 1 {
				e.shift = a.Spread * float64(i) / float64(n-1)
			}
			p.endpoints = append(p.endpoints, e)
		}
	}
	return p
}

// agentID makes up an ID that is the same in every run.
func agentID(group, number int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d", group, number))
	return hex.EncodeToString(sum[:16])
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return string(b)
}

func (e *endpoint) due(st step) float64 {
	if st.At == 0 {
		return 0
	}
	return st.At + e.shift
}

// at returns the step that the endpoint is in after t seconds; its Status is "" if it is not visible.
func (e *endpoint) at(t float64) step {
	var now step
	for _, st := range e.steps {
		if e.due(st) > t {
			break
		}
		now = st
	}
	return now
}

// write writes the reply after t seconds, an agent at a time: it may have 100,000.
func (p *script) write(w writer, t float64) {
	data := members{w: w, open: `{"reply":{"data":{`}
	for i := range p.endpoints {
		e := &p.endpoints[i]
		if st := e.at(t); st.Status != "" {
			data.add(e.key, st.value)
		}
	}
	if data.n == 0 {
		w.put(emptyReplies[p.EmptyAs])
		return
	}
	w.put("}")
	p.writeReasons(w, t)
	w.put("}}")
}

func (p *script) writeReasons(w writer, t float64) {
	reasons := members{w: w, open: `,"errorReasons":{`}
	for i := range p.endpoints {
		e := &p.endpoints[i]
		if e.reason != nil && slices.Contains(reasonStatuses, e.at(t).Status) {
			reasons.add(e.key, string(e.reason))
		}
	}
	if reasons.n > 0 {
		w.put("}")
	}
}

// members writes the members of a JSON object; open precedes the first one.
type members struct {
	w    writer
	open string
	n    int
}

func (m *members) add(key, value string) {
	before := ","
	if m.n == 0 {
		before = m.open
	}
	m.n++
	m.w.put(before, key, value)
}
