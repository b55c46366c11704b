package handler

import (
	"encoding/json"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// maxVerdict is the length of the Cause of a failed execution, in characters: a verdict must fit as a whole.
//
// Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
const maxVerdict = 32_768

// Verdict is the answer of one check. Every field is always present in its JSON, and the whole takes at most
// 32,768 bytes: it fits as the Cause of a failed execution, and far into the 256 KiB of a state.
type Verdict struct {
	GroupActionID json.RawMessage `json:"group_action_id"` // as the request gave it, number or string
	Outcome       Outcome         `json:"verdict"`
	Reason        Reason          `json:"reason"`
	WaitSeconds   int             `json:"wait_seconds"` // when to ask again: at least 1 while pending, else 0

	Endpoints        Endpoints        `json:"endpoints"`
	Statuses         map[string]int   `json:"statuses"`          // how many endpoints by status; "(other)" takes unknown ones beyond the list
	FailedEndpoints  []FailedEndpoint `json:"failed_endpoints"`  // the first by agent id, at most 100 and 18,000 bytes
	PendingEndpoints []string         `json:"pending_endpoints"` // the first 100 agent ids, missing ones included
	UnknownStatuses  []string         `json:"unknown_statuses"`  // statuses that the API page does not list; counted as pending
	Truncated        bool             `json:"truncated"`         // a list above is not whole; counts are exact

	ElapsedSeconds int64  `json:"elapsed_seconds"` // since the request's started_at, 0 without one
	CheckedAt      string `json:"checked_at"`      // RFC 3339, UTC
}

// Endpoints are counts of agents. Succeeded, Failed and Pending add up to Total; Partial and Missing are parts
// of them: an agent that completed partially counts as the policy says, a missing one as pending.
type Endpoints struct {
	Total     int `json:"total"`
	Succeeded int `json:"succeeded"`
	Partial   int `json:"partial"` // COMPLETED_PARTIAL
	Failed    int `json:"failed"`
	Pending   int `json:"pending"`
	Missing   int `json:"missing"` // in expected_agents and not in the reply
}

// FailedEndpoint is an agent on which the action failed, and the API's reason on one line, if it gave one.
type FailedEndpoint struct {
	AgentID string     `json:"agent_id"`
	Status  xdr.Status `json:"status"`
	Error   string     `json:"error"`
}

// verdict judges a finished tally at a moment.
func (s *Step) verdict(r request, t *tally, now time.Time) Verdict {
	t.finish()
	timeout := r.timeout
	if timeout == 0 {
		timeout = s.Timeout
	}
	var elapsed time.Duration
	left := time.Duration(-1) // no deadline
	if !r.startedAt.IsZero() {
		elapsed = max(0, now.Sub(r.startedAt))
		left = max(0, timeout-elapsed)
	}
	outcome, reason := decide(situation{Endpoints: t.Endpoints, pastGrace: elapsed > s.EmptyGrace, pastDeadline: left == 0}, r.policy)
	v := Verdict{
		GroupActionID:    r.echo,
		Outcome:          outcome,
		Reason:           reason,
		Endpoints:        t.Endpoints,
		Statuses:         make(map[string]int, len(t.statuses)),
		FailedEndpoints:  append([]FailedEndpoint{}, t.failed.entries...),
		PendingEndpoints: make([]string, 0, len(t.pending.entries)),
		UnknownStatuses:  append([]string{}, t.unknown...),
		Truncated:        t.truncated,
		ElapsedSeconds:   int64(elapsed / time.Second),
		CheckedAt:        now.UTC().Format(time.RFC3339),
	}
	for _, c := range t.statuses {
		v.Statuses[c.status] = c.agents
	}
	for _, e := range t.pending.entries {
		v.PendingEndpoints = append(v.PendingEndpoints, e.AgentID)
	}
	if outcome == Pending {
		v.WaitSeconds = s.waitSeconds(elapsed, left)
	}
	return v
}
