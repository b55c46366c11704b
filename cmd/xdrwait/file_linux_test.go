package main

import (
	"os"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// A key that is replaced in its file while a wait goes on does not end the wait.
func TestAFileIsReadAgain(t *testing.T) {
	t.Parallel()
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{load(t, "pending")}})
	path := inFile(t, sim.SecretValue())
	s, err := options{credentials: path, origins: []string{sim.URL()}}.source(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	step := s.step()
	for range 3 {
		if _, err := step.Check(t.Context(), []byte(`{"group_action_id": `+pendingID+`}`)); err != nil {
			t.Fatal(err)
		}
		sim.Rotate()
		write(t, path, sim.SecretValue())
	}
}

// A pipe gives its text once: to all checks of all waits, and where the key is refused there is no other.
func TestAPipeIsReadOnce(t *testing.T) {
	t.Parallel()
	done := load(t, "done")
	done.GroupActionID = 0
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: []xdrtest.Scenario{done}})
	pipe := newPipe(t)
	for _, revoked := range []bool{false, true} {
		text := sim.SecretValue()
		if revoked {
			sim.RevokeKey()
		}
		go os.WriteFile(pipe, []byte(text), 0o600) // waits for the reader
		code, stdout, stderr := command(t, "--credentials", pipe, "--allow-origin", sim.URL(), "1", "2")
		if !revoked && (code != exitDone || strings.Count(stdout, "done") != 2) {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
		if revoked && (code != exitUnknown || strings.Count(stderr, "xdrwait: XDR.Unauthorized: group_action_id") != 2) {
			t.Errorf("exit code %d: %s%s", code, stdout, stderr)
		}
	}
}

// A wrong path, perhaps to something endless, does not fill the memory.
func TestALongFile(t *testing.T) {
	t.Parallel()
	if raw, err := readFile(inFile(t, strings.Repeat("x", maxSecret+1))); err != nil || len(raw) > maxSecret {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
}
