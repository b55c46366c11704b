package repo

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

const root = "../.."

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read returns a file of the repository, or one with an absolute path.
func read(t *testing.T, path string) string {
	t.Helper()
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	raw, err := os.ReadFile(path)
	must(t, err)
	return string(raw)
}

// files returns the repository's files whose path matches a pattern, by path.
func files(t *testing.T, pattern string) map[string]string {
	t.Helper()
	all := map[string]string{}
	matches := regexp.MustCompile(pattern).MatchString
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".tools", ".aws-sam", "node_modules", "dist"}, d.Name()):
			return fs.SkipDir
		case !d.IsDir() && matches(path):
			all[path] = read(t, path)
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d files %s, %v", len(all), pattern, err)
	}
	return all
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, path)), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o644))
}

// run runs a command without the flags of the make that runs the tests, and returns what it prints.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = dir
	c.Env = append(append(os.Environ(), "MAKEFLAGS="), env...)
	c.Stderr = t.Output()
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// find returns what the last parentheses of a pattern match in a text; without parentheses, what all of it matches.
func find(text, pattern string) (found []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, m[len(m)-1])
	}
	return found
}

// same demands that a list holds what another one does, in whatever order, and each only once.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	want = slices.Compact(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// section returns the text of README under a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(read(t, "README.md"), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("README has no section %s", heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// column returns the cells of a column in the tables of README under a heading, one a line.
func column(t *testing.T, heading string, number int) string {
	t.Helper()
	var cells []string
	for line := range strings.Lines(section(t, heading)) {
		if row := strings.Split(line, "|"); len(row) > number+1 {
			cells = append(cells, strings.TrimSpace(row[number+1]))
		}
	}
	return strings.Join(cells, "\n")
}

func workflow(t *testing.T) asl.Machine {
	t.Helper()
	machine, err := asl.Parse(statemachine.Source)
	must(t, err)
	return machine
}

func load(t *testing.T) *yaml.Node {
	t.Helper()
	return parse(t, read(t, "template.yaml"))
}

func parse(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var document yaml.Node
	must(t, yaml.Unmarshal([]byte(text), &document))
	return document.Content[0]
}

// members returns what a node holds: a mapping by key, a list by number.
func members(n *yaml.Node) map[string]*yaml.Node {
	all := map[string]*yaml.Node{}
	for i, child := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode:
			all[strconv.Itoa(i)] = child
		case i%2 == 1:
			all[n.Content[i-1].Value] = child
		}
	}
	return all
}

// at returns the node under a path of keys and numbers, with dots between them; an empty one if there is none.
func at(n *yaml.Node, path string) *yaml.Node {
	for key := range strings.SplitSeq(path, ".") {
		n = cmp.Or(members(n)[key], new(yaml.Node))
	}
	return n
}

// cells returns members of a node on one line.
func cells(n *yaml.Node, names ...string) string {
	var all []string
	for _, name := range names {
		all = append(all, flow(at(n, name)))
	}
	return strings.Join(all, " ")
}

// ofType returns the properties of the resources of a type by their names.
func ofType(template *yaml.Node, kind string) map[string]*yaml.Node {
	all := map[string]*yaml.Node{}
	for name, r := range members(at(template, "Resources")) {
		if at(r, "Type").Value == kind {
			all[name] = at(r, "Properties")
		}
	}
	return all
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

// property returns a property of a resource, by their names with a dot between them.
func property(template *yaml.Node, path string) *yaml.Node {
	resource, name, _ := strings.Cut(path, ".")
	return at(template, "Resources."+resource+".Properties."+name)
}

// flow returns a node as one line, without quotes; "-" for an empty one.
func flow(n *yaml.Node) string {
	var parts []string
	text := n.Value
	if n.IsZero() {
		text = "-"
	}
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			parts = append(parts, flow(c))
		}
		text = "[" + strings.Join(parts, ", ") + "]"
	}
	if n.Kind == yaml.MappingNode {
		for pair := range slices.Chunk(n.Content, 2) {
			parts = append(parts, pair[0].Value+": "+flow(pair[1]))
		}
		text = "{" + strings.Join(parts, ", ") + "}"
	}
	if strings.HasPrefix(n.Tag, "!!") || n.Tag == "" {
		return text
	}
	return n.Tag + " " + text
}
