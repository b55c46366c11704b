package xdrtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// script is a Scenario made ready to be played, with an endpoint for each of its agents.
type script struct {
	Scenario

	endpoints []endpoint
}

// endpoint is an Agent whose steps after the first moment come later by shift.
type endpoint struct {
	Agent

	shift float64
}

// replies without an agent, by [Scenario.EmptyAs]
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
		for i := range max(a.Count, 1) {
			e := endpoint{Agent: a}
			if a.ID == "" {
				e.ID = agentID(group, i)
			}
			if a.Count > 1 {
				e.shift = a.Spread * float64(i) / float64(a.Count-1)
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

// status is that after t seconds; "" if the endpoint is not visible.
func (e *endpoint) status(t float64) string {
	now := ""
	for _, step := range e.Timeline {
		if step.At == 0 || step.At+e.shift <= t {
			now = step.Status
		}
	}
	return now
}

// reply is what the API answers after t seconds.
func (p *script) reply(t float64) []byte {
	var data, reasons bytes.Buffer
	for i := range p.endpoints {
		e := &p.endpoints[i]
		status := e.status(t)
		if status == "" {
			continue
		}
		member(&data, e.ID, toJSON(status))
		if e.ErrorReason != nil && slices.Contains(reasonStatuses, status) {
			member(&reasons, e.ID, e.ErrorReason)
		}
	}
	switch {
	case data.Len() == 0:
		return []byte(emptyReplies[p.EmptyAs])
	case reasons.Len() == 0:
		return fmt.Appendf(nil, `{"reply":{"data":{%s}}}`, &data)
	}
	return fmt.Appendf(nil, `{"reply":{"data":{%s},"errorReasons":{%s}}}`, &data, &reasons)
}

// member adds a member to those of a JSON object.
func member(b *bytes.Buffer, name string, value []byte) {
	if b.Len() > 0 {
		b.WriteByte(',')
	}
	b.WriteString(`"` + name + `":`)
	b.Write(value)
}
