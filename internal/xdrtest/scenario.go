package xdrtest

import "encoding/json"

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
