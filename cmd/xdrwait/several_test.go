package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// Of several actions the gravest exit code counts, wherever it stands.
func TestTheGravestExitCodeCounts(t *testing.T) {
	t.Parallel()
	_, source := tenant(t, load(t, "done"), load(t, "failed"))
	if code, stdout, stderr := command(t, append(source, doneID, failedID, doneID)...); code != exitFailed {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

// An error is shown when it happens, not when the last wait has ended; it counts more than a failure.
func TestAnErrorIsShownAtOnce(t *testing.T) {
	t.Parallel()
	broken := load(t, "done")
	broken.Faults = []xdrtest.Fault{{Status: 403}}
	_, source := tenant(t, broken, load(t, "pending"), load(t, "failed"))
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var stdout bytes.Buffer
	var stderr output
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append(source, doneID, pendingID, failedID), nil, &stdout, &stderr)
	}()
	stderr.await(t, "xdrwait: XDR.Unauthorized: group_action_id "+doneID)
	stderr.await(t, pendingID+"  pending")
	stderr.await(t, failedID+"  failed")
	interrupt()
	if got := <-code; got != exitUnknown || strings.Count(stderr.String(), "XDR.Unauthorized") != 1 {
		t.Errorf("exit code %d: %s", got, &stderr)
	}
	out := stdout.String()
	if strings.Contains(out, "action "+doneID) || !strings.Contains(out, "action "+failedID+": failed") ||
		!strings.Contains(out, "action "+pendingID+": pending") {
		t.Errorf("standard output: %s", out)
	}
}

// A bad id is noticed before the tenant is asked for the good ones.
func TestIDsAreCheckedFirst(t *testing.T) {
	t.Parallel()
	sim, source := tenant(t, load(t, "done"))
	sim.Expect(0)
	for _, bad := range []string{"x", "0", "-1", "1.0", "9223372036854775808", ""} {
		code, stdout, stderr := command(t, append(slices.Clone(source), "--", doneID, bad)...)
		says := strings.Contains(stderr, `got "`+bad+`"`) && strings.Contains(stderr, "Try xdrwait --help.")
		if code != exitUsage || stdout != "" || !says {
			t.Errorf("%q: exit code %d: %s%s", bad, code, stdout, stderr)
		}
	}
}
