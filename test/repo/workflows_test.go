package repo

import (
	"regexp"
	"testing"
)

// Workflows use only actions that we know, each at a full SHA with its version in a comment.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`^actions/(checkout|setup-go)@[0-9a-f]{40} # v[0-9.]+$`)
	for _, file := range list(t, ".github/workflows/*.y*ml") {
		used := find(read(t, file), `uses["']?:\s*(.*)`)
		if len(used) == 0 {
			t.Errorf("%s uses no action, not even checkout", file)
		}
		for _, action := range used {
			if !pinned.MatchString(action) {
				t.Errorf("%s uses %s: expected checkout or setup-go at a full SHA, with its version in a comment", file, action)
			}
		}
	}
}
