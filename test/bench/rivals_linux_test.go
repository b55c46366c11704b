package bench

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"testing"
)

const (
	mb         = 1e6
	wholeCPU   = 1769 // MB of memory at which a function has one CPU
	starts     = 30   // cold starts of each contender
	slowStarts = 5    // the same, with less than a whole CPU
	rivals     = "test/bench/contender/"
)

// BenchmarkRivals measures the step beside its rivals, in one run. With -update it writes the tables of
// docs/performance.md, which says what they mean. It changes CPU quotas, for functions of little memory, as root.
func BenchmarkRivals(b *testing.B) {
	r := newRig(b)
	leaveLastCPU()
	// While it is open, no CPU sleeps: what it takes to wake the services would be charged to the contender.
	latency := must(os.OpenFile("/dev/cpu_dma_latency", os.O_WRONLY, 0))
	defer latency.Close()
	must(latency.Write(make([]byte, 4))) // 0 µs
	list := r.rivals()
	var names []string
	for _, c := range list {
		names = append(names, c.name)
	}
	text := r.machine() + r.coldTable(list, names) + r.warmTable(names) + r.memoryTable(list[0])
	fmt.Println(text) // b.Log cuts it at ten lines
	publish("rivals", text)
}

// rivals builds all contenders, the step first.
func (r *rig) rivals() []contender {
	ours := r.ours()
	return []contender{
		ours, r.lazy(ours), r.hello(),
		r.inGo("hand-made, usual roots", rivals+"handmade", root+"/cmd/lambda/usual.go", "testdata/shortcut.go"),
		r.inGo("hand-made", rivals+"handmade"),
		r.naive(), r.boto3(),
	}
}

// machine says what was measured on, and how large the deployed function is.
func (r *rig) machine() string {
	deployed := func(arch string) string {
		plain, zipped := size(shipped(r, arch))
		return fmt.Sprintf("%.2f MB (zipped %.2f)", float64(plain)/mb, float64(zipped)/mb)
	}
	return fmt.Sprintf(`
Measured on %s/%s with %s and %d CPUs; %d cold starts of each, and %d with less memory.
The deployed function is %s for arm64 and %s for x86_64.
`, runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.NumCPU(), starts, slowStarts, deployed("arm64"), deployed("amd64"))
}

func (r *rig) coldTable(list []contender, names []string) string {
	s, small := samples{}, samples{}
	r.coldStarts(small, slowStarts, 128.0/wholeCPU, list...)
	r.coldStarts(s, starts, 1, list...)
	for _, c := range list {
		if c.args == nil { // not an interpreter
			plain, zipped := size(c.binary)
			s.add("plain", c.name, float64(plain))
			s.add("zipped", c.name, float64(zipped))
			s.add("modules", c.name, float64(len(modules(c.binary))))
		}
	}
	return table("Cold start", names, []column{
		{"binary MB", s.by(median, "plain", mb)},
		{"zipped MB", s.by(median, "zipped", mb)},
		{"modules", s.by(median, "modules", 1)},
		{"page faults in init", s.by(median, "faults", 1)},
		{"peak MB", s.by(median, "peak", mb)},
		{"init × hello", s.ratio(median, "init", nameHello)},
		{"init + first check × hello", s.ratio(median, "cold", nameHello)},
		{"the same × this step", s.ratio(median, "cold", nameOurs)},
		{"init + first check at 128 MB × this step", small.ratio(median, "cold", nameOurs)},
	})
}

func (r *rig) warmTable(names []string) string {
	s := samples{}
	for range 10 { // where a process and its file lie in memory makes a difference of some percent
		r.warmChecks(s, 1, r.rivals()...)
	}
	for _, c := range []contender{r.hello(meter), r.ours(meter), r.naive(meter)} {
		for _, n := range []int{1, 100_000} {
			allocations, _ := r.count(c, n, max(20, 300/n))
			s.add(fmt.Sprint("allocations ", n), c.name, allocations)
		}
	}
	return table("Warm checks", names, []column{
		{"1 endpoint × hello", s.ratio(median, "1", nameHello)},
		{"1,000 endpoints × this step", s.ratio(median, "1000", nameOurs)},
		{"100,000 endpoints × this step", s.ratio(median, "100000", nameOurs)},
		{"allocations, 1 endpoint", s.by(median, "allocations 1", 1)},
		{"allocations, 100,000 endpoints", s.by(median, "allocations 100000", 1)},
		{"peak MB, 100,000 endpoints", s.by(median, "peak", mb)},
	})
}

// memoryTable emulates the CPU share of some memory sizes. Its checks are means, which even out what a CPU quota does
// to short work: most of it is not slowed at all, and some a lot.
func (r *rig) memoryTable(ours contender) string {
	s := samples{}
	var names []string
	for _, megabytes := range []float64{128, 256, 512, wholeCPU} {
		ours.name = fmt.Sprint(megabytes, " MB")
		names = append(names, ours.name)
		r.coldStarts(s, slowStarts, megabytes/wholeCPU, ours)
		r.warmChecks(s, megabytes/wholeCPU, ours)
		for _, n := range []string{"1", "100000"} {
			s.add("$ "+n, ours.name, dollars(megabytes, s.by(mean, n, 1)(ours.name)))
		}
	}
	return table("Memory size", names, []column{
		{"init + first check × 1769 MB", s.ratio(median, "cold", ours.name)},
		{"1 endpoint × 1769 MB", s.ratio(mean, "1", ours.name)},
		{"100,000 endpoints × 1769 MB", s.ratio(mean, "100000", ours.name)},
		{"$ for a million checks, 1 endpoint", s.by(median, "$ 1", 1)},
		{"$ for a million checks, 100,000 endpoints", s.by(median, "$ 100000", 1)},
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
