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
	scaledWait     = 1
	scaledInterval = 1
	scaledMaxDelay = 2
	scaledTask     = 30
	scaledMachine  = 300
)

// scaled is the definition with its substitutions filled in and its times scaled down.
func scaled(l limits) (json.RawMessage, error) {
	filled, err := asl.Fill(statemachine.Source, map[string]string{
		"StatusFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:status:live",
		"EventBusName":      "default",
	})
	if err != nil {
		return nil, err
	}
	var definition map[string]any
	if err := json.Unmarshal(filled, &definition); err != nil {
		return nil, err
	}
	states, _ := definition["States"].(map[string]any)
	for _, s := range states {
		rescale(s, cmp.Or(l.task, scaledTask))
	}
	definition["TimeoutSeconds"] = cmp.Or(l.machine, scaledMachine)
	return json.Marshal(definition)
}

func rescale(state any, task int) {
	s, _ := state.(map[string]any)
	replace(s, "Seconds", scaledWait)
	replace(s, "TimeoutSeconds", task)
	retriers, _ := s["Retry"].([]any)
	for _, r := range retriers {
		r, _ := r.(map[string]any)
		replace(r, "IntervalSeconds", scaledInterval)
		replace(r, "MaxDelaySeconds", scaledMaxDelay)
	}
}

func replace(object map[string]any, key string, value int) {
	if _, ok := object[key]; ok {
		object[key] = value
	}
}
