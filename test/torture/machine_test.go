package torture

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

// object is a JSON object whose members nobody has read yet.
type object map[string]json.RawMessage

// execution is one wait on its way through the workflow. Its payloads and retriers are the definition's.
type execution struct {
	*life
	asl.Machine
	name    string
	started time.Time
	state   object // between the states

	used   map[int]int // retries by retrier, since Check was entered
	events int         // in the history
	ended  string      // by the error of this name

	seen      bool      // a reply has named an endpoint
	disturbed bool      // the last attempt was an error
	lastError time.Time // its time
	lastCrash time.Time // when the function could not be run
}

func newExecution(l *life, m asl.Machine, started time.Time) *execution {
	x := &execution{life: l, Machine: m, name: fmt.Sprint("action--", l.id), started: started, events: asl.EventsStart}
	x.used = make(map[int]int)
	x.state = open(x.fill(m.States["Begin"].Parameters, raw(l.request())))
	return x
}

// payload is the event of the next check.
func (x *execution) payload() []byte {
	return open(x.fill(x.States["Check"].Parameters, raw(x.state)))["Payload"]
}

// answered takes the function's answer into the state, as the machine's ResultSelector and ResultPath say.
func (x *execution) answered(answer any) {
	member := strings.TrimPrefix(string(x.States["Check"].ResultPath[1:]), "$.")
	x.state[strings.TrimSuffix(member, `"`)] = x.fill(x.States["Check"].ResultSelector, raw(object{"Payload": raw(answer)}))
	x.used = make(map[int]int)
	x.disturbed = false
	x.events += asl.EventsLoop
}

// failed says how long the workflow waits after an error, or ends the execution.
func (x *execution) failed(name string, r *rand.Rand) time.Duration {
	x.events += asl.EventsAttempt
	entry, ok := x.Retried("Check", name)
	retry := asl.Retrier{}
	if ok {
		retry = x.States["Check"].Retry[entry.Index]
	}
	used := x.used[entry.Index]
	if used >= retry.MaxAttempts {
		x.ended = name
		return 0
	}
	x.used[entry.Index]++
	return time.Duration(min(retry.Delay(used, r.Float64()), week.Seconds()) * float64(time.Second))
}

// fill makes a payload from a template: the value of a member whose name ends in .$ is an expression.
func (x *execution) fill(template, input json.RawMessage) json.RawMessage {
	filled := object{}
	for name, value := range open(template) {
		short, isExpression := strings.CutSuffix(name, ".$")
		switch {
		case isExpression:
			var expression string
			try(json.Unmarshal(value, &expression))
			filled[short] = x.evaluate(expression, input)
		case value[0] == '{':
			filled[name] = x.fill(value, input)
		default:
			filled[name] = value
		}
	}
	return raw(filled)
}

// evaluate knows the expressions that the machine uses: paths, two members of the context, and a shallow merge.
func (x *execution) evaluate(expression string, input json.RawMessage) json.RawMessage {
	switch expression {
	case "$":
		return input
	case "$$.Execution.Name":
		return raw(x.name)
	case "$$.Execution.StartTime":
		return raw(x.started.Format("2006-01-02T15:04:05.000Z07:00"))
	}
	if list, ok := strings.CutPrefix(expression, "States.JsonMerge("); ok {
		list = strings.TrimSuffix(list, ", false)")
		comma := strings.LastIndex(list, ", ")
		merged := open(x.evaluate(list[:comma], input))
		maps.Copy(merged, open(x.evaluate(list[comma+2:], input)))
		return raw(merged)
	}
	for _, name := range strings.Split(strings.TrimPrefix(expression, "$."), ".") {
		input = open(input)[name]
	}
	return input
}

func raw(value any) json.RawMessage { return must(json.Marshal(value)) }

func open(text json.RawMessage) (o object) {
	try(json.Unmarshal(text, &o))
	return o
}

func readMachine() asl.Machine { return must(asl.Parse(statemachine.Source)) }
