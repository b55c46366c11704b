package handler

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// request is an event, checked.
type request struct {
	id        int64
	echo      json.RawMessage // the id in the form it was given
	startedAt time.Time       // zero: not given, no deadline here
	timeout   time.Duration   // zero: the default
	expected  []string        // agent ids that must appear, each once, as they were written
	policy    policy
	tenant    string
	context   json.RawMessage // handed through, at most maxContext bytes
	execution string          // who asks
	seen      int             // the most agents that an earlier reply of this wait has named
}

// policy says how the agents' statuses become a verdict.
type policy struct {
	minSuccessPercent int // 1 to 100
	partial           partial
	unknown           unknown
	settle            settle
}

// partial is what COMPLETED_PARTIAL counts as.
type partial string

const (
	partialFailed  partial = "failed"
	partialDone    partial = "done"
	partialPending partial = "pending"
)

// unknown is what a status counts as that this program does not know.
type unknown string

const (
	unknownPending unknown = "pending"
	unknownFailed  unknown = "failed"
)

// settle is when to judge: once nothing is pending, or once the outcome is certain.
type settle string

const (
	settleAll     settle = "all"
	settleCertain settle = "certain"
)

var defaultPolicy = policy{minSuccessPercent: 100, partial: partialFailed, unknown: unknownPending, settle: settleAll}

// maxEvent bounds an event without its previous, in bytes: with a verdict of [maxVerdict] it stays under the 256 KiB
// that a state of Step Functions may hold, past which an execution ends without a name.
const maxEvent = 200 << 10

// parse reads an event: the request itself, or an EventBridge envelope around it. Members it does not
// know are ignored, since workflows pass their whole state; inside policy they are an error, since a
// typo must not change a verdict. Every error is XDR.InvalidRequest and names the member.
func parse(event []byte) (request, error) {
	m, err := members(event)
	if err != nil {
		return request{}, errorf(InvalidRequest, "the event %w", err)
	}
	size := len(event) - len(m["previous"])
	if m, err = unwrap(m); err != nil {
		return request{}, err
	}
	r := reader{from: m}
	out := request{
		startedAt: member(&r, "started_at", "an RFC 3339 time such as \"2026-11-24T10:00:00Z\"", time.Time{}, readTime),
		timeout:   member(&r, "timeout_seconds", "an integer from 1 to 604800, seven days", 0, readTimeout),
		expected:  member(&r, "expected_agents", "a list of agent ids", nil, readAgents),
		policy:    member(&r, "policy", "an object", defaultPolicy, r.policy),
		tenant:    member(&r, "tenant", "1 to 48 characters of A-Z, a-z, 0-9, _ and -", "", readTenant),
		context:   member(&r, "context", fmt.Sprintf("JSON of at most %d bytes without white space", maxContext), json.RawMessage("null"), readContext),
		execution: member(&r, "execution", "a string of 1 to 80 characters", "", readExecution),
	}
	out.id, out.echo = r.actionID()
	out.seen = seenBefore(m["previous"], out.id)
	if r.err == nil && size > maxEvent {
		r.err = errorf(InvalidRequest, "the event has %d bytes, previous not counted: expected at most %d", size, maxEvent)
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
		if detail["started_at"] != nil || !has(name) {
			continue
		}
		if _, ok := readTime(m[name]); !ok {
			return nil, errorf(InvalidRequest, "%s: expected an RFC 3339 time, got %s", name, clip(string(m[name]), maxID))
		}
		detail["started_at"] = m[name]
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
	seen, ok := readInt(string(endpoints["seen"]), math.MaxInt32)
	if before, isID := readID(verdict["group_action_id"]); !ok || !isID || before != id {
		return 0
	}
	return int(seen)
}

// reader reads members one after the other and keeps the first error.
type reader struct {
	from map[string]json.RawMessage
	in   string // in front of a name in errors: "policy."
	err  error
}

func (r *reader) fail(name, want string, got json.RawMessage) {
	if r.err == nil {
		r.err = errorf(InvalidRequest, "%s%s: expected %s, got %s", r.in, name, want, clip(string(got), maxID))
	}
}

// member reads one member that may be absent. An explicit null is not absent.
func member[T any](r *reader, name, want string, absent T, read func(json.RawMessage) (T, bool)) T {
	raw, ok := r.from[name]
	if !ok {
		return absent
	}
	value, ok := read(raw)
	if !ok {
		r.fail(name, want, raw)
		return absent
	}
	return value
}

const wantID = "an integer from 1 to 9223372036854775807, or a string of its digits"

func (r *reader) actionID() (int64, json.RawMessage) {
	id := member(r, "group_action_id", wantID, 0, readID)
	alias := member(r, "action_id", wantID, 0, readID)
	_, hasAlias := r.from["action_id"]
	echo, has := r.from["group_action_id"]
	switch {
	case r.err != nil:
	case !has && !hasAlias:
		r.err = errorf(InvalidRequest, "group_action_id is missing: expected %s", wantID)
	case !has:
		return alias, r.from["action_id"]
	case hasAlias && alias != id:
		id, r.err = 0, errorf(InvalidRequest, "group_action_id %d and action_id %d differ: give one of them", id, alias)
	}
	return id, echo
}

var policyKeys = []string{"min_success_percent", "partial", "unknown", "settle"}

func (r *reader) policy(raw json.RawMessage) (policy, bool) {
	m, err := members(raw)
	if err != nil {
		r.err = cmp.Or(r.err, error(errorf(InvalidRequest, "policy %w", err)))
		return policy{}, true
	}
	p := reader{from: m, in: "policy."}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if p.err == nil && !slices.Contains(policyKeys, name) {
			p.err = errorf(InvalidRequest, "policy.%s is not known: expected %s", clip(name, maxID), strings.Join(policyKeys, ", "))
		}
	}
	out := policy{
		minSuccessPercent: member(&p, "min_success_percent", "an integer from 1 to 100", defaultPolicy.minSuccessPercent, readPercent),
		partial:           member(&p, "partial", `"failed", "done" or "pending"`, defaultPolicy.partial, oneOf(partialFailed, partialDone, partialPending)),
		unknown:           member(&p, "unknown", `"pending" or "failed"`, defaultPolicy.unknown, oneOf(unknownPending, unknownFailed)),
		settle:            member(&p, "settle", `"all" or "certain"`, defaultPolicy.settle, oneOf(settleAll, settleCertain)),
	}
	r.err = cmp.Or(r.err, p.err)
	return out, true
}

func readString(raw json.RawMessage) (string, bool) {
	var s string
	return s, len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil
}

// readInt takes decimal digits only: no sign, no leading zero, no fraction, no exponent.
func readInt(text string, most uint64) (int64, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err == nil && text[0] != '0' && n <= most //nolint:gosec // 63 bits fit
}

func readID(raw json.RawMessage) (int64, bool) {
	if len(raw) > maxID {
		return 0, false
	}
	text, ok := readString(raw)
	if !ok {
		text = string(raw)
	}
	return readInt(text, math.MaxInt64)
}

func readTime(raw json.RawMessage) (time.Time, bool) {
	s, ok := readString(raw)
	t, err := time.Parse(time.RFC3339, s)
	return t, ok && err == nil && !t.IsZero() // the year 1 is a variable that nobody set
}

// maxTimeout is what the history of one execution holds.
const maxTimeout = 7 * 24 * time.Hour

func readTimeout(raw json.RawMessage) (time.Duration, bool) {
	n, ok := readInt(string(raw), uint64(maxTimeout/time.Second))
	return time.Duration(n) * time.Second, ok
}

func readPercent(raw json.RawMessage) (int, bool) {
	n, ok := readInt(string(raw), 100)
	return int(n), ok
}

func readAgents(raw json.RawMessage) ([]string, bool) {
	var list []json.RawMessage
	if string(raw) == "null" || json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	agents := make(map[string]string, len(list))
	for _, item := range list {
		agent, ok := readString(item)
		folded := foldID(agent)
		if !ok || folded == "" {
			return nil, false
		}
		if _, twice := agents[folded]; !twice {
			agents[folded] = agent
		}
	}
	return slices.Sorted(maps.Values(agents)), true
}

func readTenant(raw json.RawMessage) (string, bool) {
	s, ok := readString(raw)
	strange := func(r rune) bool { return !isLetterOrDigit(r) && r != '_' && r != '-' }
	return s, ok && s != "" && len(s) <= 48 && !strings.ContainsFunc(s, strange)
}

// maxContext bounds a context in bytes, so that a verdict has room for the rest.
const maxContext = 4_096

func readContext(raw json.RawMessage) (json.RawMessage, bool) {
	var compact bytes.Buffer
	err := json.Compact(&compact, raw)
	return compact.Bytes(), err == nil && compact.Len() <= maxContext
}

func readExecution(raw json.RawMessage) (string, bool) {
	s, ok := readString(raw)
	n := utf8.RuneCountInString(s)
	return s, ok && n >= 1 && n <= 80
}

func isLetterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func oneOf[T ~string](values ...T) func(json.RawMessage) (T, bool) {
	return func(raw json.RawMessage) (T, bool) {
		s, ok := readString(raw)
		return T(s), ok && slices.Contains(values, T(s))
	}
}

// secretID says which secret holds the credentials for this request.
func (r request) secretID(c Config) (string, error) {
	switch {
	case r.tenant != "" && c.TenantSecretPrefix == "":
		return "", errorf(InvalidRequest, "tenant: not accepted here, XDR_TENANT_SECRET_PREFIX is not set")
	case r.tenant != "":
		return c.TenantSecretPrefix + r.tenant, nil
	case c.SecretID == "":
		return "", errorf(InvalidRequest, "tenant is missing: there is no default secret, XDR_SECRET_ID is not set")
	}
	return c.SecretID, nil
}
