// Command bench measures the step against its rivals and its limits, side by side in one run, and simulates its schedule.
// docs/performance.md says what the figures mean. It prints tables, and with -docs writes them, a JSON file and plots there.
//
// Each contender runs as a process under a Runtime API, on a CPU of its own, against stubs of Secrets Manager and the API over
// HTTPS. Times are ratios within the run; what can be counted is also a test.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	starts := flag.Int("starts", 30, "cold starts of each contender")
	docs := flag.String("docs", "", "folder for the tables, the JSON file and the plots")
	simulation := flag.Bool("simulation", false, "only the schedule")
	flag.Parse()
	r := results{Machine: machine(), Starts: *starts, Schedule: simulateAll()}
	if *simulation {
		var b strings.Builder
		r.scheduleTables(&b)
		fmt.Print(b.String())
		return
	}
	if err := r.fill(*docs); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	fmt.Print(r.markdown())
}

// fill measures everything.
func (r *results) fill(docs string) (err error) {
	dir, err := os.MkdirTemp("", "xdr-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	rig, err := newRig(dir)
	if err != nil {
		return err
	}
	defer rig.stubs.close()
	progress("building")
	list, err := rig.all()
	if err != nil {
		return err
	}
	if err := r.run(rig, list); err != nil || docs == "" {
		return err
	}
	return rig.publish(r, docs)
}

func (r *results) run(rig *rig, list []contender) error {
	cpu, err := lastCPU()
	if err != nil {
		return err
	}
	if err := keepOff(cpu); err != nil {
		return err
	}
	m, err := rig.measure(list, cpu, r.Starts)
	if err != nil {
		return err
	}
	for _, c := range list {
		f, err := m.figuresOf(c)
		if err != nil {
			return err
		}
		r.Contenders = append(r.Contenders, f)
	}
	progress("memory sizes")
	if r.Memory, err = measureMemory(list[0], cpu, max(3, r.Starts/2)); err != nil {
		return err
	}
	progress("decoding")
	if err := r.decode(); err != nil {
		return err
	}
	r.Shipped = map[string]size{}
	for _, arch := range []string{"arm64", "amd64"} {
		if r.Shipped[arch], err = rig.shipped(arch); err != nil {
			return err
		}
	}
	r.Emulation = m.emulation
	r.judge()
	return nil
}

func (r *results) decode() error {
	s, err := decodings(reply(100_000), 10)
	if err != nil {
		return err
	}
	r.DecodeMap = s.median(nameNaive) / s.median(nameOurs)
	r.Decode = map[string]int{}
	for _, n := range sizes {
		body := reply(n)
		if r.Decode[strconv.Itoa(n)], err = allocations(func() error { _, err := decodeStream(body); return err }); err != nil {
			return err
		}
	}
	return nil
}

// publish writes the tables and has the plots drawn.
func (r *rig) publish(res *results, docs string) error {
	if err := res.save(docs); err != nil {
		return err
	}
	python, err := r.python()
	if err != nil {
		return err
	}
	docs, err = filepath.Abs(docs)
	if err != nil {
		return err
	}
	return run(r.root, python, "bench/plot.py", docs)
}
