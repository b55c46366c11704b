package xdrtest

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"strings"
)

// Scenario is the life of one action: which agents it runs on, and how their statuses change. Its JSON form is a
// scenario file, see [Load].
type Scenario struct {
	Description   string  `json:"description"`
	GroupActionID int64   `json:"group_action_id"` // 0: any id that no other scenario has
	Agents        []Agent `json:"agents"`

	// EmptyAs is the form of a reply without agents: "object" (default) is an empty data object, "null" is data null,
	// "absent" is a reply without data, "no_reply" is {}.
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

// Names returns the names of the embedded scenarios in order.
func Names() []string {
	entries, err := embedded.ReadDir("scenarios")
	if err != nil {
		panic(err) // the directory is part of the program
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".json")
	}
	return names
}

// Load reads an embedded scenario by its name, or a file by a path that ends in .json. A field that it does not know is
// an error; errors name the file and the field.
func Load(nameOrPath string) (Scenario, error) {
	data, err := read(nameOrPath)
	if err != nil {
		return Scenario{}, err
	}
	s, err := parse(data)
	if err != nil {
		return Scenario{}, fmt.Errorf("scenario %s: %w", nameOrPath, err)
	}
	return s, nil
}

func read(nameOrPath string) ([]byte, error) {
	if strings.HasSuffix(nameOrPath, ".json") {
		return os.ReadFile(nameOrPath) //nolint:gosec // the caller's own file
	}
	data, err := embedded.ReadFile(path.Join("scenarios", nameOrPath+".json"))
	if err != nil {
		return nil, fmt.Errorf("no scenario %q: want a .json file or one of %s", nameOrPath, strings.Join(Names(), ", "))
	}
	return data, nil
}

func parse(data []byte) (Scenario, error) {
	var s Scenario
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return s, errors.New("data after the scenario")
	}
	return s, s.check()
}

func (s Scenario) check() error {
	if s.GroupActionID < 0 {
		return errors.New("group_action_id: want 0 or more")
	}
	if _, ok := emptyReplies[s.EmptyAs]; !ok {
		return fmt.Errorf("empty_as: want object, null, absent or no_reply, got %q", s.EmptyAs)
	}
	seen := map[string]bool{}
	for i, a := range s.Agents {
		if err := a.check(); err != nil {
			return fmt.Errorf("agents[%d].%w", i, err)
		}
		if seen[a.ID] {
			return fmt.Errorf("agents[%d].id: %s appears twice", i, a.ID)
		}
		seen[a.ID] = a.ID != ""
	}
	for i, f := range s.Faults {
		if err := f.check(); err != nil {
			return fmt.Errorf("faults[%d].%w", i, err)
		}
	}
	return nil
}

func (a Agent) check() error {
	switch {
	case a.Count < 0, (a.ID == "") != (a.Count > 0):
		return errors.New("count: want 1 or more, or an id in place of it")
	case a.ID != "" && !hexID.MatchString(a.ID):
		return fmt.Errorf("id: want 32 lowercase hex digits, got %q", a.ID)
	case a.Spread < 0:
		return errors.New("spread: want 0 or more")
	case len(a.Timeline) == 0:
		return errors.New("timeline: want at least one step")
	}
	last := -1.0
	for i, st := range a.Timeline {
		if st.At <= last || st.At < 0 {
			return fmt.Errorf("timeline[%d].at: want a time after the step before, got %v", i, st.At)
		}
		last = st.At
	}
	return nil
}
