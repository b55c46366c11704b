package repo_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/syntax"
)

// shells returns the shell examples of a page, and the commands in its sentences.
func shells(page string) (texts []string) {
	for _, pattern := range []string{"(?s)```sh\n(.*?)```", "`((?:make|sam|xdrwait|go run) [^`]+)`"} {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(page, -1) {
			texts = append(texts, m[1])
		}
	}
	return texts
}

// commands returns the words of every command of a shell text, those inside of others included. What a word takes from a
// variable is left out of it.
func commands(t *testing.T, text string) (all [][]string) {
	t.Helper()
	file, err := syntax.NewParser().Parse(strings.NewReader(text), "")
	if err != nil {
		t.Errorf("not a shell text: %v\n%s", err, text)
		return nil
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			var words []string
			for _, w := range call.Args {
				words = append(words, literal(w.Parts))
			}
			all = append(all, words)
		}
		return true
	})
	return all
}

func literal(parts []syntax.WordPart) string {
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(p.Value)
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			b.WriteString(literal(p.Parts))
		}
	}
	return b.String()
}

// checker knows what a documented command may say.
type checker struct {
	xdrwait    string // the built command
	targets    []string
	parameters map[string]any
}

func newChecker(t *testing.T) checker {
	t.Helper()
	c := checker{xdrwait: filepath.Join(t.TempDir(), "xdrwait")}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", c.xdrwait, "../../cmd/xdrwait").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	makefile := read(t, "Makefile")
	for _, m := range regexp.MustCompile(`(?m)^([a-z0-9-]+):`).FindAllStringSubmatch(makefile, -1) {
		c.targets = append(c.targets, m[1])
	}
	template := read(t, "template.yaml")
	var parsed struct {
		Parameters map[string]any `yaml:"Parameters"`
	}
	if err := yaml.Unmarshal([]byte(template), &parsed); err != nil {
		t.Fatal(err)
	}
	c.parameters = parsed.Parameters
	return c
}

// plain are the tools that examples may use without a look at their arguments. Those of AWS are checked in e2e, where the
// models of its services are.
var plain = []string{"aws", "cd", "curl", "cut", "date", "diff", "echo", "git", "out", "seq", "sha256sum", "sleep", "wait"}

// problem says what is wrong with a command; "" if nothing is.
func (c checker) problem(t *testing.T, words []string) string {
	t.Helper()
	switch name := words[0]; {
	case name == "make":
		return c.makeProblem(words[1:])
	case name == "sam":
		return c.samProblem(words[1:])
	case name == "xdrwait", name == "bin/xdrwait":
		return c.xdrwaitProblem(t, words[1:])
	case len(words) > 2 && name == "go" && words[1] == "run" && words[2] == "./cmd/xdrwait":
		return c.xdrwaitProblem(t, words[3:])
	case len(words) > 2 && name == "go" && slices.Contains([]string{"run", "install", "test"}, words[1]):
		_, err := os.Stat(filepath.Join(root, words[2]))
		return errText(err)
	case strings.Contains(name, "/"):
		info, err := os.Stat(filepath.Join(root, name))
		if err == nil && info.Mode()&0o111 == 0 {
			return "not executable"
		}
		return errText(err)
	case !slices.Contains(plain, name):
		return "an unknown tool"
	}
	return ""
}

func errText(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

func (c checker) makeProblem(args []string) string {
	for _, a := range args {
		if !strings.Contains(a, "=") && !slices.Contains(c.targets, a) {
			return "no target " + a + " in the Makefile"
		}
	}
	return ""
}

func (c checker) samProblem(args []string) string {
	for _, a := range args {
		if name, _, isPair := strings.Cut(a, "="); isPair && !strings.HasPrefix(a, "-") && c.parameters[name] == nil {
			return "no parameter " + name + " in the template"
		}
	}
	return ""
}

// xdrwaitProblem has the command itself read its flags, and shows that it is the subcommand that the words name.
func (c checker) xdrwaitProblem(t *testing.T, args []string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), c.xdrwait, append(slices.Clone(args), "--help")...).CombinedOutput()
	if err != nil {
		return string(out)
	}
	path := []string{"xdrwait"}
	for _, a := range args {
		if !regexp.MustCompile(`^[a-z]+$`).MatchString(a) {
			break
		}
		path = append(path, a)
	}
	if !regexp.MustCompile(`(?m)^  ` + strings.Join(path, " ") + `( |$)`).Match(out) {
		return "no such subcommand"
	}
	return ""
}

// Every command that a page shows can be typed: the shell reads it, and what it names is there.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	c, all := newChecker(t), pages(t)
	checked := map[string]int{}
	for _, page := range slices.Sorted(maps.Keys(all)) {
		for _, block := range shells(all[page]) {
			for _, words := range commands(t, block) {
				if problem := c.problem(t, words); problem != "" {
					t.Errorf("%s: %s: %s", page, strings.Join(words, " "), problem)
				}
				checked[words[0]]++
			}
		}
	}
	t.Logf("commands: %v", checked)
	if checked["make"] < 2 || checked["aws"] < 10 || checked["sam"] < 5 {
		t.Errorf("too few commands: %v", checked)
	}
}

// What the test above must find, and what it must let pass.
func TestCommandProblems(t *testing.T) {
	t.Parallel()
	c := newChecker(t)
	for text, want := range map[string]int{
		"make demo SPEED=1": 0, "sam deploy --parameter-overrides SecretName=xdr/acme": 0, "xdrwait secret check --secret-id a": 0, "xdrwait 7 8": 0,
		"make demos": 1, "sam deploy --parameter-overrides SecretNames=xdr/acme": 1, "go run ./cmd/xdrwait --secret xdr/acme 7": 1,
		"xdrwait secrets check": 1, "xdrwait secret chek --secret-id a": 1, "go run ./cmd/none": 1, "scripts/none": 1, "./README.md": 1,
		"terraform apply": 1, "x=$(make nothing)": 1, `echo "$(make nothing) $(make none)"`: 2,
	} {
		problems := 0
		for _, words := range commands(t, text) {
			if c.problem(t, words) != "" {
				problems++
			}
		}
		if problems != want {
			t.Errorf("%s: %d problems, want %d", text, problems, want)
		}
	}
}
