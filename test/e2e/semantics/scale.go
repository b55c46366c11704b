package main

import (
	"cmp"
	"encoding/json"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

// The interpreters wait in real time. In the copy that they get, only these numbers are smaller; the structure, the
// numbers of attempts and the rates are as they are.
const (
	scaledInterval = 1
	scaledMaxDelay = 2
	scaledTask     = 30
	scaledMachine  = 90
)

const busName = "soar"

var substitutions = map[string]string{
	"StatusFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:status",
	"EventBusName":      busName,
}

// scaled is the definition with its substitutions filled in and its times scaled down: to these limits of a task and of
// the whole, where they are not 0.
func scaled(task, machine int) (json.RawMessage, error) {
	filled, err := asl.Fill(statemachine.Source, substitutions)
	if err != nil {
		return nil, err
	}
	var definition map[string]any
	if err := json.Unmarshal(filled, &definition); err != nil {
		return nil, err
	}
	states, _ := definition["States"].(map[string]any)
	for _, s := range states {
		s, _ := s.(map[string]any)
		replace(s, "TimeoutSeconds", cmp.Or(task, scaledTask))
		retriers, _ := s["Retry"].([]any)
		for _, r := range retriers {
			r, _ := r.(map[string]any)
			replace(r, "IntervalSeconds", scaledInterval)
			replace(r, "MaxDelaySeconds", scaledMaxDelay)
		}
	}
	definition["TimeoutSeconds"] = cmp.Or(machine, scaledMachine)
	return json.Marshal(definition)
}

func replace(object map[string]any, key string, value int) {
	if _, ok := object[key]; ok {
		object[key] = value
	}
}
