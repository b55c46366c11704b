package main

import "slices"

// series are measured values by the name of the contender.
type series map[string][]float64

func (s series) add(name string, value float64) { s[name] = append(s[name], value) }

func (s series) median(name string) float64 { return quantile(s[name], 0.5) }

// mean evens out what a CPU quota makes of short work: most of it is not slowed at all, and some a lot.
func (s series) mean(name string) (sum float64) {
	for _, value := range s[name] {
		sum += value / float64(len(s[name]))
	}
	return sum
}

// quantile is 0 where nothing was measured.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
