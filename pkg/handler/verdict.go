package handler

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// Verdict is the answer of one check. Every field is always present in its JSON, and the whole takes at most 32 KiB.
type Verdict struct {
	GroupActionID json.RawMessage `json:"group_action_id"` // as the request gave it, number or string
	Outcome       Outcome         `json:"verdict"`
	Reason        Reason          `json:"reason"`
	WaitSeconds   int             `json:"wait_seconds"` // when to ask again: at least 1 while pending, else 0

	Endpoints        Endpoints        `json:"endpoints"`
	Statuses         map[string]int   `json:"statuses"`          // endpoints by status; "(other)": not in UnknownStatuses
	FailedEndpoints  []FailedEndpoint `json:"failed_endpoints"`  // the first 100 by agent id, fewer in a long verdict
	PendingEndpoints []string         `json:"pending_endpoints"` // the first 100 agent ids, missing ones included
	UnknownStatuses  []string         `json:"unknown_statuses"`  // statuses that this version does not know
	Truncated        bool             `json:"truncated"`         // a list above is not whole; counts are exact

	ElapsedSeconds int64  `json:"elapsed_seconds"` // since the request's started_at, 0 without one
	CheckedAt      string `json:"checked_at"`      // RFC 3339, UTC

	Tenant    string          `json:"tenant"`    // of the request
	Context   json.RawMessage `json:"context"`   // of the request, or null
	Execution string          `json:"execution"` // of the request
}

// Outcome is what a check says of the whole action, and what each agent counts as on the way there.
type Outcome string

// The three outcomes; a workflow's Choice reads them.
const (
	Done    Outcome = "done"
	Pending Outcome = "pending"
	Failed  Outcome = "failed"
)

// Reason says why the outcome is what it is.
type Reason string

// The reasons, by outcome.
const (
	AllSucceeded     Reason = "all_succeeded"     // done
	EnoughSucceeded  Reason = "enough_succeeded"  // done: not all, but as many as the policy requires
	InProgress       Reason = "in_progress"       // pending
	NoEndpoints      Reason = "no_endpoints"      // pending: the reply names no agent; the action is young, or had some
	EndpointsFailed  Reason = "endpoints_failed"  // failed
	DeadlineExceeded Reason = "deadline_exceeded" // failed: still pending when the caller's time was up
	ActionNotFound   Reason = "action_not_found"  // failed: no reply has named an agent, and the grace is over
)

// Endpoints are counts of agents. Succeeded, Failed and Pending add up to Total; Partial and Missing are parts
// of them: an agent that completed partially counts as the policy says, a missing one as pending.
type Endpoints struct {
	Total     int `json:"total"`
	Succeeded int `json:"succeeded"`
	Partial   int `json:"partial"` // COMPLETED_PARTIAL
	Failed    int `json:"failed"`
	Pending   int `json:"pending"`
	Missing   int `json:"missing"` // in expected_agents and not in the reply
	Seen      int `json:"seen"`    // the most that any reply of this wait has named
}

// FailedEndpoint is an agent on which the action failed, and the API's reason on one line, if it gave one.
type FailedEndpoint struct {
	AgentID string     `json:"agent_id"`
	Status  xdr.Status `json:"status"`
	Error   string     `json:"error"`
}

// verdict judges a finished tally at a moment. The remark is what the API says beside the statuses.
func (s *Step) verdict(r request, t *tally, remark string, now time.Time) Verdict {
	t.finish()
	t.Seen = max(t.Seen, t.reasonsSeen, r.seen)
	elapsed, left := s.times(r, now)
	outcome, reason := decide(situation{
		Endpoints:    t.Endpoints,
		doubtful:     remark != "",
		pastGrace:    elapsed > s.EmptyGrace,
		pastDeadline: left == 0,
	}, r.policy)
	v := Verdict{
		GroupActionID:    r.echo,
		Outcome:          outcome,
		Reason:           reason,
		Endpoints:        t.Endpoints,
		Statuses:         t.statuses,
		FailedEndpoints:  make([]FailedEndpoint, 0, len(t.failed.entries)),
		PendingEndpoints: make([]string, 0, len(t.pending.entries)),
		UnknownStatuses:  append([]string{}, t.unknown...),
		Truncated:        t.truncated,
		ElapsedSeconds:   int64(elapsed / time.Second),
		CheckedAt:        now.UTC().Format(time.RFC3339),
		Tenant:           r.tenant,
		Context:          r.context,
		Execution:        r.execution,
	}
	for _, e := range t.failed.entries {
		v.FailedEndpoints = append(v.FailedEndpoints, e.FailedEndpoint)
	}
	for _, e := range t.pending.entries {
		v.PendingEndpoints = append(v.PendingEndpoints, e.AgentID)
	}
	if outcome == Pending {
		v.WaitSeconds = s.waitSeconds(elapsed, left)
	}
	v.fit()
	return v
}

// times returns how long the action has taken, and how long is left until its deadline: -1 if it has none.
func (s *Step) times(r request, now time.Time) (elapsed, left time.Duration) {
	if r.startedAt.IsZero() {
		return 0, -1
	}
	elapsed = max(0, now.Sub(r.startedAt))
	return elapsed, max(0, s.timeoutOf(r)-elapsed)
}

func (s *Step) timeoutOf(r request) time.Duration { return cmp.Or(r.timeout, s.Timeout) }
