package repo

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Workflows use known actions only, each at one full SHA with its version in a comment, and read Go's where it is.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	known := []string{
		"actions/attest", "actions/checkout", "actions/dependency-review-action", "actions/setup-go",
		"github/codeql-action", "ossf/scorecard-action",
	}
	var pins []string
	for name, text := range files(t, `^\.github/workflows/`) {
		if strings.Contains(text, "\n          path: ") != strings.Contains(text, "go-version-file: first/go.mod") {
			t.Errorf("%s: setup-go looks where nothing is checked out", name)
		}
		for _, pin := range find(text, `uses["']?:\s*(.*)`) {
			pins = append(pins, regexp.MustCompile(`^([\w-]+/[\w-]+)[\w/-]*@`).ReplaceAllString(pin, "$1@"))
		}
	}
	slices.Sort(pins)
	pins = slices.Compact(pins) // one for each action
	for i, pin := range pins {
		pins[i] = regexp.MustCompile(`@[0-9a-f]{40} # v\d+\.\d+\.\d+$`).ReplaceAllString(pin, "")
	}
	same(t, "the workflows use", pins, known)
}

// Dependabot looks wherever the repository pins something.
func TestDependabotKnowsEveryPin(t *testing.T) {
	t.Parallel()
	config := read(t, ".github/dependabot.yml")
	for name, ecosystem := range map[string]string{`go\.mod`: "gomod", `requirements.*\.txt`: "pip", `package\.json`: "npm"} {
		var want []string
		for file := range files(t, `(^|/)`+name+`$`) {
			want = append(want, path.Join("/", path.Dir(file)))
		}
		directories := strings.Join(find(config, `package-ecosystem: `+ecosystem+`\n    director(?:y|ies): (.*)`), " ")
		same(t, "dependabot looks for "+ecosystem+" in", find(directories, `/[\w/]*`), want)
	}
}
