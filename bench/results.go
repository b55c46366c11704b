package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

// results are all that the benchmark says. A time is a ratio: to hello, to this step or to the whole CPU.
type results struct {
	Machine    string
	Emulation  string // of a share of a CPU
	Starts     int
	Contenders []figures
	Shipped    map[string]size // what the template deploys, by architecture
	DecodeMap  float64         // time of encoding/json into a map, as a multiple of the step's decoding
	Decode     map[string]int
	Schedule   []simulated
	Memory     []memorySize
	Goals      []goal
}

// figures are those of one contender. What it does not do or have is 0.
type figures struct {
	Name          string
	BinaryBytes   int
	ZippedBytes   int
	Modules       int
	PageFaults    float64         // at the first question for an event
	PeakBytes     float64         // after the first check
	Init          float64         // × hello
	Cold          float64         // init and first check, × hello
	At128         float64         // init and first check on the share of 128 MB, × this step
	At128Check    float64         // the same with the init at full speed, as Lambda lends CPU to it
	At512         float64         // init and first check on the share of 512 MB, × this step
	WarmP50       float64         // × hello
	WarmP99       float64         // × hello
	Checks        map[int]float64 // by endpoints, × this step
	Allocations   map[int]float64 // a check, by endpoints
	PeakBytes100k int             // after checks of 100,000 endpoints
}

// measured is the raw material.
type measured struct {
	cold, at128, at128Check, at512 cold
	warm                           warm
	allocations                    map[string]map[int]float64
	emulation                      string // of a share of a CPU
}

func (r *rig) measure(list []contender, cpu, starts int) (m measured, err error) {
	progress("cold starts")
	if m.cold, err = startAllCold(list, cpu, starts, slow{}); err != nil {
		return m, err
	}
	const small, medium = 128.0 / wholeCPU, 512.0 / wholeCPU
	sample := newShare(small)
	m.emulation = sample.String()
	sample.close()
	for _, slowed := range []struct {
		to *cold
		s  slow
	}{{&m.at128, slow{small, true}}, {&m.at128Check, slow{small, false}}, {&m.at512, slow{medium, true}}} {
		progress("cold starts on a share of the CPU")
		if *slowed.to, err = startAllCold(list, cpu, max(3, starts/2), slowed.s); err != nil {
			return m, err
		}
	}
	progress("warm checks")
	plans := []plan{{1, 30, 100}, {1_000, 20, 10}, {10_000, 20, 3}, {100_000, 20, 1}}
	if m.warm, err = checkAllWarm(list, cpu, 0, plans); err != nil {
		return m, err
	}
	progress("allocations")
	m.allocations, err = r.countAll(cpu)
	return m, err
}

// countAll builds those in Go once more, with the meter.
func (r *rig) countAll(cpu int) (map[string]map[int]float64, error) {
	all := map[string]map[int]float64{}
	for _, build := range []func(meter bool) (contender, error){r.hello, r.ours, r.naive} {
		c, err := build(true)
		if err != nil {
			return nil, err
		}
		all[c.name] = map[int]float64{}
		for _, n := range sizes {
			k, err := count(c, cpu, plan{n, 1, max(5, 300/n)})
			if err != nil {
				return nil, err
			}
			all[c.name][n] = k.allocations
		}
	}
	return all, nil
}

// figuresOf puts the raw material of one contender in relation to the others.
func (m measured) figuresOf(c contender) (f figures, err error) {
	relative := func(s series, to string) float64 { return s.median(c.name) / s.median(to) }
	one := m.warm.took[1]
	f = figures{
		Name: c.name, PageFaults: m.cold.faults.median(c.name), PeakBytes: m.cold.memory.median(c.name),
		Init: relative(m.cold.init, nameHello), Cold: relative(m.cold.total, nameHello),
		At128: relative(m.at128.total, nameOurs), At128Check: relative(m.at128Check.total, nameOurs), At512: relative(m.at512.total, nameOurs),
		WarmP50: relative(one, nameHello), WarmP99: quantile(one[c.name], 0.99) / quantile(one[nameHello], 0.99),
		Checks: map[int]float64{}, Allocations: m.allocations[c.name], PeakBytes100k: m.warm.peak[c.name],
	}
	for _, n := range sizes {
		f.Checks[n] = relative(m.warm.took[n], nameOurs)
	}
	if c.binary == "" {
		return f, nil
	}
	if linked, err := modules(c.binary); err == nil { // not a Go binary otherwise
		f.Modules = len(linked)
	}
	s, err := sizeOf(c.binary)
	f.BinaryBytes, f.ZippedBytes = s.Binary, s.Zipped
	return f, err
}

func machine() string {
	return fmt.Sprintf("%s/%s, %s, %d CPUs, one of them for the contender", runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.NumCPU())
}

func progress(what string) { fmt.Fprintln(os.Stderr, time.Now().Format(time.TimeOnly), what) }
