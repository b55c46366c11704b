package handler

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// request is an event, checked.
type request struct {
	id        int64
	echo      json.RawMessage // the id in the form it was given
	startedAt time.Time       // zero: not given, no deadline here
	timeout   time.Duration   // zero: the default
	expected  agents          // that must appear
	policy    policy
	tenant    string
	context   json.RawMessage // handed through, at most maxContext bytes
	execution string          // who asks
	seen      int             // the most agents that an earlier reply of this wait has named
}

// policy says how the agents' statuses become a verdict.
type policy struct {
	minSuccessPercent int     // 1 to 100
	partial           Outcome // what COMPLETED_PARTIAL counts as
	unknown           Outcome // what a status counts as that this program does not know: pending or failed
	certain           bool    // judge once the outcome is certain, else once all have ended
}

// maxEvent bounds an event without its previous, in bytes: with a verdict of [maxVerdict] it stays under the 256 KiB
// that a state of Step Functions may hold, past which an execution ends without a name.
const maxEvent = 200 << 10

// parse reads an event: the request itself, or an EventBridge envelope around it. Members it does not know are ignored,
// since workflows pass their whole state; inside policy they are an error, since a typo must not change a verdict.
// Every error is XDR.InvalidRequest and names the member.
func parse(event []byte) (request, error) {
	m, err := members(event)
	if err != nil {
		return request{}, errorf(InvalidRequest, "the event %w", err)
	}
	size := len(event) - len(m["previous"])
	m, err = unwrap(m)
	r := reader{from: m, err: err}
	id, echo := r.actionID()
	if r.err == nil && size > maxEvent {
		r.err = errorf(InvalidRequest, "the event has %d bytes, previous not counted: expected at most %d", size, maxEvent)
	}
	if r.err != nil {
		return request{id: id}, r.err
	}
	out := request{
		id:        id,
		echo:      echo,
		seen:      seenBefore(m["previous"], id),
		startedAt: member(&r, "started_at", "an RFC 3339 time such as \"2026-11-24T10:00:00Z\"", time.Time{}, readTime),
		timeout: time.Second * time.Duration(
			member(&r, "timeout_seconds", "an integer from 1 to 604800, seven days", 0, readTimeout)),
		expected:  member(&r, "expected_agents", "a list of non-empty agent ids", nil, readAgents),
		policy:    r.policy(),
		tenant:    member(&r, "tenant", "1 to 48 characters of A-Z, a-z, 0-9, _ and -", "", readTenant),
		context:   member(&r, "context", wantContext, noContext, readContext),
		execution: member(&r, "execution", "a string of 1 to 80 characters", "", readExecution),
	}
	return out, r.err
}

// unwrap takes the request out of an EventBridge envelope. What the workflow puts beside detail comes with it. The wait
// began when the request says, else when the event was sent, else when the workflow began.
//
// Source: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
func unwrap(m map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	has := func(name string) bool { return m[name] != nil }
	if !has("detail-type") || !has("source") || !has("detail") || has("group_action_id") || has("action_id") {
		return m, nil
	}
	detail, err := members(m["detail"])
	if err != nil {
		return nil, errorf(InvalidRequest, "detail %w", err)
	}
	for _, name := range []string{"execution", "previous"} {
		if has(name) {
			detail[name] = m[name]
		}
	}
	for _, name := range []string{"time", "started_at"} {
		if !has(name) || detail["started_at"] != nil {
			continue
		}
		detail["started_at"] = m[name]
		r := reader{from: m} // a bad time is refused under the name that it has in the event
		member(&r, name, "an RFC 3339 time", time.Time{}, readTime)
		return detail, r.err
	}
	return detail, nil
}

// seenBefore reads the last verdict of this wait. What is none, or is about another action, is as good as absent.
func seenBefore(previous json.RawMessage, id int64) int {
	if previous == nil {
		return 0
	}
	verdict, _ := members(previous)
	endpoints, _ := members(verdict["endpoints"])
	seen, ok := readSeen(endpoints["seen"])
	if before, isID := readID(verdict["group_action_id"]); !ok || !isID || before != id {
		return 0
	}
	return seen
}

const wantID = "an integer from 1 to 9223372036854775807, or a string of its digits"

func (r *reader) actionID() (int64, json.RawMessage) {
	id := member(r, "group_action_id", wantID, 0, readID)
	alias := member(r, "action_id", wantID, id, readID)
	echo, has := r.from["group_action_id"]
	switch {
	case r.err != nil:
	case alias == 0:
		r.err = errorf(InvalidRequest, "group_action_id is missing: expected %s", wantID)
	case !has:
		return alias, r.from["action_id"]
	case alias != id:
		r.err = errorf(InvalidRequest, "group_action_id %d and action_id %d differ: give one of them", id, alias)
		return 0, echo
	}
	return id, echo
}

var (
	policyKeys    = []string{"min_success_percent", "partial", "unknown", "settle"}
	defaultPolicy = policy{minSuccessPercent: 100, partial: Failed, unknown: Pending}
)

func (r *reader) policy() policy {
	raw, ok := r.from["policy"]
	if !ok {
		return defaultPolicy
	}
	m, err := members(raw)
	p := reader{from: m, in: "policy."}
	if err != nil {
		p.err = errorf(InvalidRequest, "policy %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(p.from)) {
		if p.err == nil && !slices.Contains(policyKeys, name) {
			p.err = errorf(InvalidRequest, "policy.%s is not known: expected %s",
				clip(name, maxID), strings.Join(policyKeys, ", "))
		}
	}
	out := policy{
		minSuccessPercent: member(&p, "min_success_percent", "an integer from 1 to 100", 100, readPercent),
		partial:           member(&p, "partial", `"failed", "done" or "pending"`, defaultPolicy.partial, readPartial),
		unknown:           member(&p, "unknown", `"pending" or "failed"`, defaultPolicy.unknown, readUnknown),
		certain:           member(&p, "settle", `"all" or "certain"`, "all", readSettle) == "certain",
	}
	r.err = cmp.Or(r.err, p.err)
	return out
}

func (r request) secretID(c Config) (string, error) {
	switch {
	case r.tenant != "" && c.TenantSecretPrefix == "":
		return "", errorf(InvalidRequest, "tenant: expected none, because XDR_TENANT_SECRET_PREFIX is not set")
	case r.tenant != "":
		return c.TenantSecretPrefix + r.tenant, nil
	case c.SecretID == "":
		return "", errorf(InvalidRequest, "tenant is missing: there is no default secret, because XDR_SECRET_ID is not set")
	}
	return c.SecretID, nil
}
