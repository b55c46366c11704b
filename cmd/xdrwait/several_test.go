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
	for _, c := range []struct {
		ids  []string
		code int
	}{
		{[]string{doneID, doneID}, exitDone},
		{[]string{doneID, failedID}, exitFailed},
		{[]string{failedID, doneID}, exitFailed},
		{[]string{doneID, failedID, doneID}, exitFailed},
	} {
		if code, stdout, stderr := command(t, slices.Concat(source, c.ids)...); code != c.code {
			t.Errorf("%v: exit code %d, want %d: %s%s", c.ids, code, c.code, stdout, stderr)
		}
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
		code <- run(ctx, append(source, doneID, pendingID, failedID), &stdout, &stderr)
	}()
	for _, line := range []string{"xdrwait: XDR.Unauthorized: group_action_id " + doneID, pendingID + "  pending", failedID + "  failed"} {
		stderr.await(t, line)
	}
	interrupt()
	if got := <-code; got != exitUnknown || strings.Count(stderr.String(), "XDR.Unauthorized") != 1 {
		t.Errorf("exit code %d: %s", got, &stderr)
	}
	if out := stdout.String(); strings.Contains(out, "action "+doneID) || !strings.Contains(out, "action "+failedID+": failed") || !strings.Contains(out, "action "+pendingID+": pending") {
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
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, `got "`+bad+`"`) || !strings.Contains(stderr, "Try xdrwait --help.") {
			t.Errorf("%q: exit code %d: %s%s", bad, code, stdout, stderr)
		}
	}
}
