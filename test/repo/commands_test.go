package repo

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// noTools is a shell that knows no tool: it logs each command's words. A command prints one, so that a loop runs once.
const noTools = `command_not_found_handle() { printf '%s\037' "$@" $'\036' >>"$LOG"; echo word; }
cd() { :; }
test() { :; }
`

// commands returns the words of each command in a text, as the shell reads them, and what the shell complains about.
func commands(t *testing.T, text string) (all [][]string, complaints string) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	write(t, log, "")
	var stderr strings.Builder
	bash := exec.CommandContext(t.Context(), "bash", "-c", noTools+text)
	bash.Dir = dir
	bash.Env = []string{"PATH=" + dir, "LOG=" + log}
	bash.Stderr = &stderr
	_ = bash.Run() // the code is the last command's
	for line := range strings.SplitSeq(read(t, log), "\x1f\x1e\x1f") {
		if line != "" {
			all = append(all, strings.Split(line, "\x1f"))
		}
	}
	return all, stderr.String()
}

// checker knows what a command on a page may name.
type checker struct {
	xdrwait    string // the built command
	tools      []string
	targets    []string
	parameters []string
}

// plain are the tools that pages may use. Commands of aws are checked in test/e2e, against the models of its services.
var plain = strings.Fields("aws curl date diff gh git jq make npm npx openssl sam sha256sum sleep")

// problem says what is wrong with a command; "" if nothing is.
func (c checker) problem(t *testing.T, words []string) string {
	t.Helper()
	name := words[0]
	args := words[1:]
	if name == "go" && len(args) > 1 {
		name, _, _ = strings.Cut(strings.TrimPrefix(args[1], "github.com/soarstep/xdr-action-status/"), "@")
		args = args[2:]
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			return err.Error()
		}
	}
	for _, a := range args {
		key, _, isPair := strings.Cut(a, "=")
		if name == "make" && !isPair && !slices.Contains(c.targets, a) {
			return "no target " + a + " in the Makefile"
		}
		if name == "sam" && isPair && a[0] != '-' && !slices.Contains(c.parameters, key) {
			return "no parameter " + key + " in the template"
		}
	}
	switch {
	case filepath.Base(name) == "xdrwait":
		return c.xdrwaitProblem(t, args)
	case words[0] != "go" && !slices.Contains(c.tools, name):
		return "an unknown tool"
	}
	return ""
}

// xdrwaitProblem lets the command read its own flags, and demands that it finds the subcommand that the words name.
func (c checker) xdrwaitProblem(t *testing.T, args []string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), c.xdrwait, append(slices.Clone(args), "--help")...).CombinedOutput()
	if err != nil {
		return string(out)
	}
	path := regexp.MustCompile(`^(?:[a-z]+ )*`).FindString("xdrwait " + strings.Join(args, " ") + " ")
	if !regexp.MustCompile(`(?m)^  ` + strings.TrimSpace(path) + `( |$)`).Match(out) {
		return "no such subcommand"
	}
	return ""
}

// Every command on a page can be typed: what it names is there.
func TestCommandsOfThePages(t *testing.T) {
	t.Parallel()
	c := checker{
		xdrwait:    filepath.Join(t.TempDir(), "xdrwait"),
		targets:    find(read(t, "Makefile"), `(?m)^([a-z0-9-]+):`),
		parameters: slices.Collect(maps.Keys(members(at(load(t), "Parameters")))),
	}
	run(t, root, nil, "go", "build", "-o", c.xdrwait, "./cmd/xdrwait")
	pages := files(t, `\.md$`)
	together := strings.Join(slices.Collect(maps.Values(pages)), "\n")
	c.tools = append(plain, find(together, `(?m)^(\w+)\(\) \{`)...) // functions of a page may be used on others
	checked := map[string]int{}
	for page, text := range pages {
		blocks := append(find(text, "(?s)```sh\n(.*?)```"), find(text, "`((?:make|sam|xdrwait|go run) [^`]+)`")...)
		all, complaints := commands(t, strings.Join(blocks, "\n"))
		if complaints != "" {
			t.Errorf("%s: %s", page, complaints)
		}
		for _, words := range all {
			checked[words[0]]++
			if problem := c.problem(t, words); problem != "" {
				t.Errorf("%s: %s: %s", page, strings.Join(words, " "), problem)
			}
		}
	}
	t.Logf("commands: %v", checked)
	if checked["make"] < 10 || checked["aws"] < 30 || checked["sam"] < 5 || checked["xdrwait"] < 4 {
		t.Errorf("too few commands: %v", checked)
	}
}
