package torture

import (
	"context"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

var (
	long = os.Getenv("TORTURE") == "long"
	seed = flag.Uint64("seed", 1, "decides all that is random")

	bootstrap string // the built binary
)

// pick is the size of a campaign.
func pick[T any](short, longer T) T {
	if long {
		return longer
	}
	return short
}

// random is a stream of its own for each number, the same in every run with one seed.
func random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(*seed, stream)) }

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "40") // most of the time the tests wait
	dir := must(os.MkdirTemp("", "torture"))
	defer os.RemoveAll(dir)
	bootstrap = must(lambdatest.Build(context.Background(), "../../cmd/lambda", dir, nil))
	m.Run()
}

// must is for what fails only if something is wrong with the machine or with the test.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// try is must without a value.
func try(err error) { must(0, err) }

// eventually waits for what must come true soon; a minute is for a machine that is busy with something else.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("never: %s", what)
			return
		}
	}
}

// report collects the figures of a campaign.
type report struct {
	mu      sync.Mutex
	figures map[string]int
}

// newReport makes a report that is printed when the test ends, its subtests too.
func newReport(t *testing.T) *report {
	t.Helper()
	r := &report{figures: make(map[string]int)}
	t.Cleanup(func() {
		for _, what := range slices.Sorted(maps.Keys(r.figures)) {
			t.Logf("%-70s %d", what, r.figures[what])
		}
	})
	return r
}

func (r *report) count(what string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.figures[what] += n
}

func (r *report) most(what string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.figures[what] = max(r.figures[what], n)
}
