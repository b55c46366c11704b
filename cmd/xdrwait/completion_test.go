package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each shell that is here loads its script, and completes with it. Bash must be here.
func TestCompletionInTheShells(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "xdrwait")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for shell, script := range map[string]string{
		"bash": `source <(xdrwait completion bash); COMP_WORDS=(xdrwait sec); COMP_CWORD=1; COMP_LINE="xdrwait sec"; COMP_POINT=11
			_get_comp_words_by_ref() { cur=sec; prev=xdrwait; words=(xdrwait sec); cword=1; }; __start_xdrwait; echo "${COMPREPLY[@]}"`,
		"zsh":  `autoload -Uz compinit && compinit -u -D; source <(xdrwait completion zsh) && echo "$_comps[xdrwait]" && xdrwait __complete sec`,
		"fish": `xdrwait completion fish | source; complete --do-complete "xdrwait sec"`,
	} {
		path, err := exec.LookPath(shell)
		if err != nil {
			if shell == "bash" || os.Getenv("CI") != "" && os.Geteuid() == 0 { // root can install them, and .ci/run does
				t.Error(err)
			}
			t.Logf("%s is not here", shell)
			continue
		}
		cmd := exec.CommandContext(t.Context(), path, "-c", script) //nolint:gosec // the scripts above
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"), "HOME="+t.TempDir())
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "secret") || shell == "zsh" && !strings.HasPrefix(string(out), "_xdrwait\n") {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
	}
}

// What is offered where.
func TestCompletionOffers(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"sec": "secret\t", "secret ": "check\t", "--output ": "table\njson\ncsv\n", "--settle ": "all\ncertain\n", "--partial ": "failed\ndone\npending\n",
		"--simulate ": "mixed\n", "secret check --cred": "--credentials",
	} {
		args := append([]string{"__complete"}, strings.Split(words, " ")...)
		if code, stdout, stderr := command(t, args...); code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%q offers %q (%d, %s), want %q", words, stdout, code, stderr, want)
		}
	}
}
