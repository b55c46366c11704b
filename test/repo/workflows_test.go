package repo

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Workflows use only actions that we know, each at a full SHA with its version in a comment, and one SHA for each.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	known := []string{
		"actions/attest", "actions/checkout", "actions/dependency-review-action", "actions/setup-go",
		"github/codeql-action", "ossf/scorecard-action",
	}
	pinned := regexp.MustCompile(`^(\w+/[\w-]+)[\w/-]*@([0-9a-f]{40} # v\d+\.\d+\.\d+)$`)
	at := map[string]string{}
	for _, file := range list(t, ".github/workflows/*.y*ml") {
		for _, action := range find(read(t, file), `uses["']?:\s*(.*)`) {
			parts := pinned.FindStringSubmatch(action)
			if parts == nil {
				t.Errorf("%s uses %s: expected a full SHA, with its version in a comment", file, action)
				continue
			}
			if other, ok := at[parts[1]]; ok && other != parts[2] {
				t.Errorf("%s uses %s, another file %s", file, action, other)
			}
			at[parts[1]] = parts[2]
		}
	}
	if used := slices.Sorted(maps.Keys(at)); !slices.Equal(used, known) {
		t.Errorf("the workflows use %v, want %v", used, known)
	}
}

// Dependabot looks wherever the repository pins something.
func TestDependabotKnowsEveryPin(t *testing.T) {
	t.Parallel()
	config := read(t, ".github/dependabot.yml")
	for name, ecosystem := range map[string]string{"go.mod": "gomod", "requirements*.txt": "pip", "package.json": "npm"} {
		found := find(config, `package-ecosystem: `+ecosystem+`\n    director(?:y|ies): (.*)`)
		if len(found) != 1 {
			t.Fatalf("%s: %v", ecosystem, found)
		}
		var want []string
		for _, pattern := range []string{name, "*/" + name, "*/*/" + name, "*/*/*/" + name} {
			files, _ := filepath.Glob(filepath.Join(root, pattern))
			for _, file := range files {
				folder, _ := filepath.Rel(root, filepath.Dir(file))
				if !strings.HasPrefix(folder, ".tools") {
					want = append(want, filepath.Join("/", folder))
				}
			}
		}
		slices.Sort(want)
		if got := find(found[0], `/[\w/]*`); !slices.Equal(got, slices.Compact(want)) {
			t.Errorf("%s: dependabot looks in %v, want %v", ecosystem, got, want)
		}
	}
}
