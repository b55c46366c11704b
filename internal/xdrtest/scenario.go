package xdrtest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	jsonv2 "encoding/json/v2"
	"errors"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Scenario is the life of one action: which agents it runs on, and how their statuses change. Its JSON form is a
// scenario file, see [Load].
type Scenario struct {
	Description   string  `json:"description"`
	GroupActionID int64   `json:"group_action_id"` // 0: any id that no other scenario has
	Agents        []Agent `json:"agents"`

	// EmptyAs is the form of a reply without agents: "object" (default) is an empty data object, "null" is data null,
	// "no_reply" is {}.
	EmptyAs string `json:"empty_as,omitempty"`

	// Faults count the well-formed, authorized questions about this action alone.
	Faults []Fault `json:"faults,omitempty"`
}

// Agent is one agent with an ID, or Count agents with made-up IDs.
type Agent struct {
	ID       string `json:"id,omitempty"` // 32 lowercase hex digits
	Count    int    `json:"count,omitempty"`
	Timeline []Step `json:"timeline"`

	// Spread, in seconds, shifts the timelines of a Count evenly: the first by 0, the last by all of it. Steps at 0
	// stay there.
	Spread float64 `json:"spread,omitempty"`

	// ErrorReason is any JSON value, sent while the status is a failure or COMPLETED_PARTIAL.
	ErrorReason json.RawMessage `json:"error_reason,omitempty"`
}

// Step is a change of status.
type Step struct {
	At     float64 `json:"at"`     // seconds since the first question
	Status string  `json:"status"` // any text; "" or null leaves the agent out of the reply
}

//go:embed scenarios/*.json
var embedded embed.FS

var hexID = regexp.MustCompile(`^[0-9a-f]{32}$`)

var emptyReplies = map[string]string{
	"object":   `{"reply":{"data":{}}}`,
	"null":     `{"reply":{"data":null}}`,
	"no_reply": `{}`,
}

var explained = []string{
	"FAILED", "TIMEOUT", "EXPIRED", "ABORTED", "CANCELLED", "CANCELED", "COMPLETED_PARTIAL",
}

// Names returns the names of the embedded scenarios in order.
func Names() []string {
	var names []string
	for _, e := range must(embedded.ReadDir("scenarios")) {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	return names
}

// Load reads an embedded scenario by its name, or a file by a path that ends in .json. A field that it does not know is
// an error; errors name the file and the field.
func Load(nameOrPath string) (Scenario, error) {
	var s Scenario
	data, err := embedded.ReadFile(path.Join("scenarios", nameOrPath+".json"))
	if strings.HasSuffix(nameOrPath, ".json") {
		data, err = os.ReadFile(nameOrPath) //nolint:gosec // the caller's own file
	} else if err != nil {
		err = fmt.Errorf("no scenario %q: expected a .json file or one of %s", nameOrPath, strings.Join(Names(), ", "))
	}
	if err != nil {
		return s, err
	}
	err = jsonv2.Unmarshal(data, &s, jsonv2.RejectUnknownMembers(true))
	if problem := s.problem(); err == nil && problem != "" {
		err = errors.New(problem)
	}
	if err != nil {
		return s, fmt.Errorf("scenario %s: %w", nameOrPath, err)
	}
	return s, nil
}

// problem says which field is wrong, and what it should be; "" if none is.
func (s Scenario) problem() string {
	rules := []rule{
		{s.GroupActionID < 0, "group_action_id: expected 0 or more"},
		{s.EmptyAs != "" && emptyReplies[s.EmptyAs] == "",
			fmt.Sprintf("empty_as: expected object, null or no_reply, got %q", s.EmptyAs)},
	}
	seen := map[string]bool{}
	for i, a := range s.Agents {
		problem := a.problem()
		rules = append(rules,
			rule{problem != "", fmt.Sprintf("agents[%d].%s", i, problem)},
			rule{seen[a.ID], fmt.Sprintf("agents[%d].id: %s appears twice", i, a.ID)})
		seen[a.ID] = a.ID != ""
	}
	for i, f := range s.Faults {
		problem := f.problem()
		rules = append(rules, rule{problem != "", fmt.Sprintf("faults[%d].%s", i, problem)})
	}
	return broken(rules)
}

func (a Agent) problem() string {
	rules := []rule{
		{a.Count < 0 || (a.ID == "") != (a.Count > 0), "count: expected 1 or more, or an id in place of it"},
		{a.ID != "" && !hexID.MatchString(a.ID), fmt.Sprintf("id: expected 32 lowercase hex digits, got %q", a.ID)},
		{a.Spread < 0, "spread: expected 0 or more"},
		{len(a.Timeline) == 0, "timeline: expected at least one step"},
	}
	last := -1.0
	for i, st := range a.Timeline {
		rules = append(rules, rule{st.At <= last || st.At < 0,
			fmt.Sprintf("timeline[%d].at: expected a time after the step before, got %v", i, st.At)})
		last = st.At
	}
	return broken(rules)
}

// expanded has an agent with an ID in place of each one that a Count stands for.
func (s Scenario) expanded() Scenario {
	var agents []Agent
	for group, a := range s.Agents {
		for i := range max(a.Count, 1) {
			one := a
			if a.ID == "" { // the same in every run
				sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d", group, i))
				one.ID = hex.EncodeToString(sum[:16])
			}
			shift := a.Spread * float64(i) / float64(max(a.Count-1, 1))
			one.Timeline = slices.Clone(a.Timeline)
			for k := range one.Timeline {
				if one.Timeline[k].At > 0 {
					one.Timeline[k].At += shift
				}
			}
			agents = append(agents, one)
		}
	}
	s.Agents = agents
	return s
}

// status is that of the step that has begun after t seconds; before the first it is empty.
func (a Agent) status(t float64) (status string) {
	for _, step := range a.Timeline {
		if step.At <= max(t, 0) { // the later of two questions at a time may start the clock
			status = step.Status
		}
	}
	return status
}

// reply is what the API answers t seconds after the first question, for an expanded scenario.
func (s Scenario) reply(t float64) []byte {
	var data, reasons bytes.Buffer
	for _, a := range s.Agents {
		status := a.status(t)
		if status == "" {
			continue
		}
		fmt.Fprintf(&data, `,"%s":%s`, a.ID, toJSON(status))
		if a.ErrorReason != nil && slices.Contains(explained, status) {
			fmt.Fprintf(&reasons, `,"%s":%s`, a.ID, a.ErrorReason)
		}
	}
	switch {
	case data.Len() == 0:
		return []byte(emptyReplies[cmp.Or(s.EmptyAs, "object")])
	case reasons.Len() == 0:
		return fmt.Appendf(nil, `{"reply":{"data":{%s}}}`, data.Bytes()[1:])
	}
	return fmt.Appendf(nil, `{"reply":{"data":{%s},"errorReasons":{%s}}}`, data.Bytes()[1:], reasons.Bytes()[1:])
}
