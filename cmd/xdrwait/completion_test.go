package main

import (
	"strings"
	"testing"
)

// What is offered where.
func TestCompletionOffers(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"sec":                  "secret\t",
		"secret ":              "check\t",
		"secret check --cred":  "--credentials",
		"secret create --untr": "--untried",
		"--output ":            "table\njson\ncsv\n",
		"--settle ":            "all\ncertain\n",
		"--partial ":           "failed\ndone\npending\n",
		"--simulate ":          "all_statuses\n",
	} {
		code, stdout, stderr := command(t, append([]string{"__complete"}, strings.Split(words, " ")...)...)
		if code != exitDone || !strings.Contains(stdout, want) {
			t.Errorf("%q offers %q (%d, %s), want %q", words, stdout, code, stderr, want)
		}
	}
}
