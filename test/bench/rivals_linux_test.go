package bench

import (
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"testing"
)

var starts = flag.Int("starts", 30, "cold starts of each contender")

const (
	mb       = 1e6
	wholeCPU = 1769 // MB of memory at which a function has one CPU
)

// BenchmarkRivals measures the step beside its rivals, in one run. With -update it writes the tables of
// docs/performance.md, which says what they mean. It may change CPU quotas, for functions of little memory, as root.
func BenchmarkRivals(b *testing.B) {
	r := newRig(b)
	keepOff(b, r.cpu)
	ours := r.ours()
	list := []contender{ours, r.lazy(ours), r.hello(), r.usual(), r.handMade(), r.naive(), r.boto3()}
	var names []string
	for _, c := range list {
		names = append(names, c.name)
	}
	text := r.machine() + r.coldTable(list, names) + r.warmTable(list, names)
	if r.canSlow() {
		text += r.memoryTable(ours)
	}
	if !*update {
		fmt.Println(text) // b.Log cuts it at ten lines
	}
	publish(b, "rivals", text)
}

// machine says what was measured on, and how large the deployed function is.
func (r *rig) machine() string {
	r.Helper()
	deployed := func(arch string) string {
		plain, zipped := size(r, shipped(r, arch))
		return fmt.Sprintf("%.2f MB (zipped %.2f)", float64(plain)/mb, float64(zipped)/mb)
	}
	return fmt.Sprintf(`
Measured on %s/%s with %s and %d CPUs; %d cold starts of each, and half as many with less memory.
The deployed function is %s for arm64 and %s for x86_64.
`, runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.NumCPU(), *starts, deployed("arm64"), deployed("amd64"))
}

func (r *rig) canSlow() bool {
	group, err := newGroup(0.5)
	if err != nil {
		progress("not measured: functions of little memory: %v", err)
		return false
	}
	check(r, os.Remove(group))
	return true
}

func (r *rig) coldTable(list []contender, names []string) string {
	r.Helper()
	binaries := samples{}
	for _, c := range list {
		if c.args == nil { // not an interpreter
			plain, zipped := size(r, c.binary)
			binaries.add("plain", c.name, float64(plain)/mb)
			binaries.add("zipped", c.name, float64(zipped)/mb)
			binaries.add("modules", c.name, float64(len(modules(r, c.binary))))
		}
	}
	progress("cold starts")
	whole := r.coldStarts(list, *starts, 1)
	small := samples{}
	if r.canSlow() {
		progress("cold starts of 128 MB")
		small = r.coldStarts(list, max(3, *starts/2), 128.0/wholeCPU)
	}
	return table("Cold start", names, []column{
		{"binary MB", medians(binaries, "plain", 1)},
		{"zipped MB", medians(binaries, "zipped", 1)},
		{"modules", medians(binaries, "modules", 1)},
		{"page faults in init", medians(whole, "faults", 1)},
		{"peak MB", medians(whole, "peak", mb)},
		{"init × hello", ratios(whole, "init", nameHello)},
		{"init + first check × hello", ratios(whole, "cold", nameHello)},
		{"the same × this step", ratios(whole, "cold", nameOurs)},
		{"init + first check at 128 MB × this step", ratios(small, "cold", nameOurs)},
	})
}

func (r *rig) warmTable(list []contender, names []string) string {
	r.Helper()
	progress("warm checks")
	s := r.warmChecks(list, 1, []plan{{1, 30, 100}, {1_000, 20, 10}, {100_000, 20, 1}})
	progress("allocations")
	for _, c := range []contender{r.hello(meter), r.ours(meter), r.naive(meter)} {
		for _, n := range []int{1, 100_000} {
			allocations, _ := r.count(c, n, max(5, 300/n))
			s.add(fmt.Sprint("allocations ", n), c.name, allocations)
		}
	}
	return table("Warm checks", names, []column{
		{"1 endpoint × hello", ratios(s, "1", nameHello)},
		{"1,000 endpoints × this step", ratios(s, "1000", nameOurs)},
		{"100,000 endpoints × this step", ratios(s, "100000", nameOurs)},
		{"allocations, 1 endpoint", medians(s, "allocations 1", 1)},
		{"allocations, 100,000 endpoints", medians(s, "allocations 100000", 1)},
		{"peak MB, 100,000 endpoints", medians(s, "peak", mb)},
	})
}

// memoryTable emulates the CPU share of some memory sizes.
func (r *rig) memoryTable(ours contender) string {
	r.Helper()
	memories := []string{"128 MB", "256 MB", "512 MB", "1769 MB"}
	s := samples{}
	for _, memory := range memories {
		progress("%s", memory)
		var megabytes float64
		_, err := fmt.Sscan(memory, &megabytes)
		check(r, err)
		cold := r.coldStarts([]contender{ours}, max(3, *starts/2), megabytes/wholeCPU)
		warm := r.warmChecks([]contender{ours}, megabytes/wholeCPU, []plan{{1, 20, 10}, {100_000, 5, 1}})
		s.add("cold", memory, cold.median("cold", nameOurs))
		for _, n := range []string{"1", "100000"} {
			took := warm.mean(n, nameOurs)
			s.add(n, memory, took)
			s.add("$ "+n, memory, dollars(megabytes, took))
		}
	}
	return table("Memory size", memories, []column{
		{"init + first check × 1769 MB", ratios(s, "cold", "1769 MB")},
		{"1 endpoint × 1769 MB", ratios(s, "1", "1769 MB")},
		{"100,000 endpoints × 1769 MB", ratios(s, "100000", "1769 MB")},
		{"$ for a million checks, 1 endpoint", medians(s, "$ 1", 1)},
		{"$ for a million checks, 100,000 endpoints", medians(s, "$ 100000", 1)},
	})
}

// dollars is the price of a million checks for arm64. A check takes so many seconds on this machine and, whatever the
// memory, waits for the network.
func dollars(megabytes, seconds float64) float64 {
	const (
		wait        = 0.150
		perRequest  = 0.20 // of a million
		perGBSecond = 13.3334
	)
	billed := math.Ceil(1000*(seconds+wait)) / 1000
	return perRequest + perGBSecond*billed*megabytes/1024
}

func medians(s samples, figure string, unit float64) func(name string) float64 {
	return func(name string) float64 { return s.median(figure, name) / unit }
}

func ratios(s samples, figure, base string) func(name string) float64 {
	return func(name string) float64 { return s.median(figure, name) / s.median(figure, base) }
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
