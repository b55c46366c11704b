package main

import "fmt"

// goal is a figure and its bound.
type goal struct {
	Figure, Goal, Measured string
	Met                    bool
}

// judgement is a comparison of one figure with one bound.
func atMost(figure string, value, bound float64, unit string) goal {
	return goal{figure, fmt.Sprintf("≤ %v%s", bound, unit), fmt.Sprintf("%.2f%s", value, unit), value <= bound}
}

func atLeast(figure string, value, bound float64) goal {
	return goal{figure, fmt.Sprintf("≥ %v ×", bound), fmt.Sprintf("%.1f ×", value), value >= bound}
}

const mb = 1e6

func (r *results) figure(name string) (f figures) {
	for _, f := range r.Contenders {
		if f.Name == name {
			return f
		}
	}
	return f
}

func (r *results) judge() {
	h, ours, lazy, naive, python := r.figure(nameHello), r.figure(nameOurs), r.figure(nameLazy), r.figure(nameNaive), r.figure(namePython)
	r.Goals = []goal{
		atMost("init, no prefetch", lazy.Init, 1.25, " × hello"),
		atMost("init, secret fetched in the background", ours.Init, 1.5, " × hello"),
		atMost("page faults at the first question, no prefetch", lazy.PageFaults/h.PageFaults, 1.55, " × hello"),
		atMost("page faults at the first question, prefetch under way", ours.PageFaults/h.PageFaults, 1.55, " × hello"),
		atMost("init and first check", ours.Cold, 1.8, " × hello"),
		atLeast("the same, naive Go takes", naive.Cold/ours.Cold, 2.5),
		atLeast("the same, Python + boto3 takes", python.Cold/ours.Cold, 15),
		atLeast("the same at 128 MB, with the init at full speed as in Lambda, naive Go takes", naive.At128Check, 5),
		atLeast("the same at 128 MB from the start of the process, naive Go takes", naive.At128, 5),
		atMost("binary for arm64, the template's default", float64(r.Shipped["arm64"].Binary)/mb, 7.5, " MB"),
		atMost("the same, zipped", float64(r.Shipped["arm64"].Zipped)/mb, 3.1, " MB"),
		atMost("binary for x86_64", float64(r.Shipped["amd64"].Binary)/mb, 7.5, " MB"),
		atMost("the same, zipped", float64(r.Shipped["amd64"].Zipped)/mb, 3.1, " MB"),
		atMost("warm check of 1 endpoint, p50", ours.WarmP50, 1.8, " × hello"),
		atMost("its allocations, runtime included", ours.Allocations[1], 230, ""),
		atLeast("check of 100,000 endpoints, naive Go takes", naive.Checks[100_000], 8),
		atLeast("the same, Python + boto3 takes", python.Checks[100_000], 12),
		atMost("its allocations", ours.Allocations[100_000], 600, ""),
		atMost("peak memory", float64(ours.PeakBytes100k)/mb, 16, " MB"),
		atLeast("decoding alone, encoding/json into a map takes", r.DecodeMap, 15),
		atMost("allocations of decoding, 100,000 endpoints less 1,000", float64(r.Decode["100000"]-r.Decode["1000"]), 0, ""),
	}
	for _, s := range r.Schedule {
		o := s.of(nameSchedule)
		r.Goals = append(r.Goals,
			atMost("billed transitions: "+s.Mix, o.Checks/s.of(nameEvery30).Checks, 0.2, " × every 30 s"),
			atMost("worst lag up to the maximum wait: "+s.Mix, o.OverBound, 1, " × max(5 s, 10 %)"))
	}
}
