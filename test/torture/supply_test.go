package torture

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// linked are the modules in the binary, and their licences. A new one is a decision: add it here with its licence, and
// say why in docs/adr.
var linked = map[string]string{
	"github.com/aws/aws-lambda-go":                        "Apache-2.0",
	"github.com/aws/aws-sdk-go-v2":                        "Apache-2.0",
	"github.com/aws/aws-sdk-go-v2/internal/configsources": "Apache-2.0",
	"github.com/aws/aws-sdk-go-v2/internal/endpoints/v2":  "Apache-2.0",
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager": "Apache-2.0",
	"github.com/aws/smithy-go":                            "Apache-2.0",
}

// wordings tell a licence by a sentence that only it has.
var wordings = map[string]string{
	"Apache License": "Apache-2.0",
	"Permission is hereby granted, free of charge, to any person obtaining a copy": "MIT",
	"Redistributions in binary form must reproduce the above copyright":            "BSD-3-Clause",
	"Permission to use, copy, modify, and/or distribute this software":             "ISC",
	"Mozilla Public License":     "MPL-2.0",
	"GNU GENERAL PUBLIC LICENSE": "GPL",
}

func TestLinkedModulesAndLicences(t *testing.T) {
	t.Parallel()
	info, err := buildinfo.ReadFile(bootstrap)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for _, m := range info.Deps {
		found[m.Path] = licence(t, m.Path)
		t.Logf("%-56s %-10s %s", m.Path, m.Version, found[m.Path])
	}
	if !maps.Equal(found, linked) {
		t.Errorf("linked: %v\nexpected: %v", found, linked)
	}
}

// licence reads the licence file of a module in the module cache.
func licence(t *testing.T, module string) string {
	t.Helper()
	var m struct{ Dir string }
	if err := json.Unmarshal(command(t, "..", nil, "go", "list", "-m", "-json", module), &m); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(m.Dir, "LICEN[CS]E*"))
	if len(files) == 0 {
		return "none"
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	flat := strings.Join(strings.Fields(string(text)), " ")
	for _, sentence := range slices.Sorted(maps.Keys(wordings)) {
		if strings.Contains(flat, sentence) {
			return wordings[sentence]
		}
	}
	return "unknown"
}

// TestTwoClonesGiveOneBinary builds in two folders; in the long form the second build shares no cache with the first.
func TestTwoClonesGiveOneBinary(t *testing.T) {
	copied := func(to string) { command(t, "..", nil, "git", "clone", "-q", "--no-hardlinks", ".", to) }
	if _, err := os.Stat("../../.git"); err != nil { // an unpacked archive: what the build reads
		copied = func(to string) {
			command(t, "..", nil, "mkdir", "-p", to)
			command(t, "..", nil, "cp", "-R", "Makefile", "go.mod", "go.sum", "cmd", "pkg", to)
		}
	}
	root := t.TempDir()
	var sums []string
	for n, name := range []string{"a", "another/folder"} {
		clone := filepath.Join(root, name)
		copied(clone)
		var env []string
		if long && n == 1 {
			env = []string{"GOCACHE=" + filepath.Join(root, "cache")}
		}
		command(t, clone, env, "make", "build-StatusFunction", "ARTIFACTS_DIR="+clone)
		binary, err := os.ReadFile(filepath.Join(clone, "bootstrap"))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(binary)
		sums = append(sums, hex.EncodeToString(sum[:]))
		t.Logf("%s: %s, %d bytes", name, sums[n], len(binary))
	}
	if sums[0] != sums[1] {
		t.Error("the builds differ")
	}
}

// command runs a command and returns its output.
func command(t *testing.T, dir string, env []string, name string, args ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(fmt.Errorf("%s %v: %w\n%s", name, args, err, stderr.String()))
	}
	return out
}
