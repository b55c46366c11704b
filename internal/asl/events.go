package asl

// Events are numbers of events that executions leave in their history, counted on an engine.
type Events struct {
	Engine  string `json:"engine"`
	Start   int    `json:"start"`   // before the first check
	Loop    int    `json:"loop"`    // from one check to the next, through Decide and Wait
	Attempt int    `json:"attempt"` // of one failed attempt
	Outage  int    `json:"outage"`  // from one check to the next through OutageWait, without the attempts
	End     int    `json:"end"`     // the last check and all that follows
}
