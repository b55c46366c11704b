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

var (
	continued = regexp.MustCompile(`\\\n\s*`)
	inner     = regexp.MustCompile(`\$\(([^()]*)\)`)
	variable  = regexp.MustCompile(`\$\{[^}]*\}|\$\w+`)
	quoted    = regexp.MustCompile(`'[^']*'|"(?:\\.|[^"\\])*"|(?m:(?:^|\s)#.*$)`) // a comment too
	redirect  = regexp.MustCompile(`\d*>&?\s*[^\s;|&)]+`)
	separator = regexp.MustCompile(`[;&|\n(){}]+`)
	prefix    = regexp.MustCompile(`^(?:\w+=.*|do|done|then|else|fi|if|while)$`)
)

// commands returns the words of each command in a shell text, those inside $( ) included, without what variables hold.
// It reads as much of the shell as pages use.
func commands(text string) (all [][]string) {
	text = continued.ReplaceAllString(text, " ")
	for inner.MatchString(text) {
		m := inner.FindStringSubmatchIndex(text)
		all = append(all, commands(text[m[2]:m[3]])...)
		text = text[:m[0]] + text[m[1]:]
	}
	text = variable.ReplaceAllString(text, "")
	text = quoted.ReplaceAllStringFunc(text, func(q string) string {
		if q[0] != '\'' && q[0] != '"' {
			return ""
		}
		return regexp.MustCompile(`[^\w=./-]`).ReplaceAllString(q[1:len(q)-1], "_") // one word, whatever is in it
	})
	text = redirect.ReplaceAllString(text, "")
	if strings.ContainsAny(text, "'\"$") {
		all = append(all, []string{"a quote or $( without its end"}) // no tool has this name
	}
	for _, part := range separator.Split(text, -1) {
		words := strings.Fields(part)
		for len(words) > 0 && prefix.MatchString(words[0]) {
			words = words[1:]
		}
		if len(words) > 0 && words[0] != "for" {
			all = append(all, words)
		}
	}
	return all
}

// checker knows what a command on a page may name.
type checker struct {
	xdrwait    string // the built command
	targets    []string
	parameters []string
}

func newChecker(t *testing.T) checker {
	t.Helper()
	c := checker{
		xdrwait:    filepath.Join(t.TempDir(), "xdrwait"),
		targets:    find(read(t, "Makefile"), `(?m)^([a-z0-9-]+):`),
		parameters: slices.Collect(maps.Keys(members(at(load(t), "Parameters")))),
	}
	run(t, root, nil, "go", "build", "-o", c.xdrwait, "./cmd/xdrwait")
	return c
}

// plain are the tools that pages may use. Commands of aws are checked in test/e2e, against the models of its services.
var plain = strings.Fields("aws cd curl cut date describe diff echo gh git jq make npm npx openssl out redrive sam seq sha256sum sleep test wait waits")

// problem says what is wrong with a command; "" if nothing is.
func (c checker) problem(t *testing.T, words []string) string {
	t.Helper()
	if len(words) > 2 && words[0] == "go" && slices.Contains([]string{"run", "install", "test", "get"}, words[1]) {
		words = words[2:]
	}
	name := strings.TrimSuffix(strings.TrimPrefix(words[0], "github.com/soarstep/xdr-action-status/"), "@latest")
	for _, a := range words[1:] {
		key, _, isPair := strings.Cut(a, "=")
		if name == "make" && !isPair && !slices.Contains(c.targets, a) {
			return "no target " + a + " in the Makefile"
		}
		if name == "sam" && isPair && a[0] != '-' && !slices.Contains(c.parameters, key) {
			return "no parameter " + key + " in the template"
		}
	}
	switch {
	case slices.Contains([]string{"xdrwait", "bin/xdrwait", "./cmd/xdrwait"}, name):
		return c.xdrwaitProblem(t, words[1:])
	case strings.Contains(name, "/"):
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			return err.Error()
		}
		if info.Mode()&0o111 == 0 {
			return "not executable"
		}
	case !slices.Contains(plain, name):
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
	path := "xdrwait"
	for _, a := range args {
		if !regexp.MustCompile(`^[a-z]+$`).MatchString(a) {
			break
		}
		path += " " + a
	}
	if !regexp.MustCompile(`(?m)^  ` + path + `( |$)`).Match(out) {
		return "no such subcommand"
	}
	return ""
}

// Every command on a page can be typed: what it names is there.
func TestCommandsOfThePages(t *testing.T) {
	t.Parallel()
	c := newChecker(t)
	checked := map[string]int{}
	for page, text := range pages(t) {
		blocks := append(find(text, "(?s)```sh\n(.*?)```"), find(text, "`((?:make|sam|xdrwait|go run) [^`]+)`")...)
		for _, block := range blocks {
			for _, words := range commands(block) {
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
	for want, texts := range [][]string{
		{ // without a problem
			"make demo SPEED=1", "make demo # and watch", "make demo >/dev/null 2>&1 &", "xdrwait 7 8",
			"sam deploy --parameter-overrides SecretName=xdr/acme", "xdrwait secret check --secret-id a",
			`git commit -m 'make; nothing' && echo "a | (b)"`, "for i in $(seq 3); do make demo; done",
		},
		{ // with one
			"make demos", "make \\\n  none", "for i in 1; do make nothing; done", "x=$(make nothing)",
			"sam deploy --parameter-overrides SecretNames=xdr/acme", "sam deploy --parameter-overrides 'SecretNames=a'",
			"xdrwait secrets check", "xdrwait secret chek --secret-id a", "go run ./cmd/xdrwait --secret xdr/acme 7",
			"go run ./cmd/none", "scripts/none", "./README.md", "terraform apply", `echo "a`, "echo $(date",
		},
		{`echo "$(make nothing) $(make none)"`},
		{"make demo | make nothing && make none; make no"},
	} {
		for _, text := range texts {
			problems := 0
			for _, words := range commands(text) {
				if c.problem(t, words) != "" {
					problems++
				}
			}
			if problems != want {
				t.Errorf("%s: %d problems, want %d", text, problems, want)
			}
		}
	}
}
