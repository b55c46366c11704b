package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/soarstep/xdr-action-status/statemachine"
)

const busName = "soar"

// The interpreters wait in real time. In the copy that they get, these numbers are smaller, and all else is the same.
var seconds = regexp.MustCompile(`"(TimeoutSeconds|IntervalSeconds|MaxDelaySeconds)": \d+`)

// scaled is the definition with its substitutions filled in and its times scaled down: to these limits of a task and of
// the whole, where they are not 0.
func scaled(task, machine int) json.RawMessage {
	filled := strings.NewReplacer(
		"${StatusFunctionArn}", "arn:aws:lambda:us-east-1:123456789012:function:status",
		"${EventBusName}", busName,
	).Replace(string(statemachine.Source))
	values := map[string]int{"IntervalSeconds": 1, "MaxDelaySeconds": 2, "TimeoutSeconds": cmp.Or(machine, 90)}
	return seconds.ReplaceAllFunc([]byte(filled), func(match []byte) []byte {
		name := string(seconds.FindSubmatch(match)[1])
		value := values[name]
		values["TimeoutSeconds"] = cmp.Or(task, 30) // the first is the machine's
		return fmt.Appendf(nil, "%q: %d", name, value)
	})
}
