package asl

import (
	"cmp"
	"math"
)

// Delay is the number of seconds before the retry after so many others. random, from 0 to 1, is the jitter's.
func (r Retrier) Delay(others int, random float64) float64 {
	most := float64(cmp.Or(r.MaxDelaySeconds, math.MaxInt))
	delay := min(most, float64(r.IntervalSeconds)*math.Pow(r.BackoffRate, float64(others)))
	if r.JitterStrategy == "FULL" {
		return delay * random
	}
	return delay
}

// Retry is one error name of a retrier.
type Retry struct {
	State, Error string
	Index        int // of the retrier
}

// Retried returns the retrier entry that an error meets in a state, as the language says: the first that names it.
func (m Machine) Retried(state, err string) (Retry, bool) {
	for i, r := range m.States[state].Retry {
		if name, ok := matched(r.ErrorEquals, err); ok {
			return Retry{state, name, i}, true
		}
	}
	return Retry{}, false
}

// Caught returns the way that an error takes out of a state when it is not retried.
func (m Machine) Caught(state, err string) (Edge, bool) {
	for _, c := range m.States[state].Catch {
		if name, ok := matched(c.ErrorEquals, err); ok {
			return Edge{state, c.Next, "catch " + name}, true
		}
	}
	return Edge{}, false
}

func matched(names []string, err string) (string, bool) {
	for _, name := range names {
		if name == err || name == Wildcard {
			return name, true
		}
	}
	return "", false
}
