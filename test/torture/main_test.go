package torture

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// The credentials that the commands are given, beside the API key [xdrtest.Canary]: none may appear anywhere.
const (
	awsKey   = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" // lambdatest's
	awsToken = "lambdatest-session-token"
)

var (
	long = os.Getenv("TORTURE") == "long"
	seed = flag.Uint64("seed", 1, "decides all that is random")

	bootstrap, xdrwait string // the built binaries
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
	_ = flag.Set("test.parallel", "40") // lanes: most of the time they wait
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "torture")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if bootstrap, err = lambdatest.Build(context.Background(), "../../cmd/lambda", dir, nil); err != nil {
		panic(err)
	}
	xdrwait = filepath.Join(dir, "xdrwait")
	if out, err := exec.Command("go", "-C", "..", "build", "-o", xdrwait, "./cmd/xdrwait").CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v\n%s", err, out))
	}
	return m.Run()
}

// eventually polls for what must come true soon; a minute is for a machine that is busy with something else.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("never: %s", what)
			return
		}
	}
}
