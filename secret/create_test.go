// Package secret_test runs secret/create against an AWS CLI that writes down how it was called.
package secret_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
)

const (
	key = "CANARY+key/*?[0-9]=&$`'<>~!"
	// fakeAWS answers create-secret as EXISTS says, and repeats what it was given when it fails.
	fakeAWS = `#!/bin/bash
printf '%s\n' "$@" >>"$LOG.args"; env >>"$LOG.env"; cat >"$LOG.stdin"
case $2:$EXISTS in
create-secret:yes) echo 'An error occurred (ResourceExistsException): exists' >&2; exit 254 ;;
create-secret:broken) echo "An error occurred (AccessDeniedException): $(cat "$LOG.stdin")" >&2; exit 254 ;;
esac
`
)

type outcome struct{ args, env, stdin, out string }

func create(t *testing.T, exists, input string, args ...string) (o outcome, code int) {
	t.Helper()
	return createIn(t, nil, exists, input, args...)
}

func createIn(t *testing.T, env []string, exists, input string, args ...string) (o outcome, code int) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "aws"), []byte(fakeAWS), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	log := filepath.Join(dir, "log")
	cmd := exec.CommandContext(t.Context(), "./create", args...) //nolint:gosec // the script under test
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "LOG="+log, "EXISTS="+exists, "TMPDIR="+filepath.Join(dir, "none"))
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdin = strings.NewReader(input)
	out, _ := cmd.CombinedOutput() // the code says whether it went well
	read := func(name string) string {
		text, _ := os.ReadFile(log + name) // not there if the CLI was not called
		return string(text)
	}
	return outcome{read(".args"), read(".env"), read(".stdin"), string(out)}, cmd.ProcessState.ExitCode()
}

var good = []string{"xdr/acme", "https://api-acme.xdr.us.paloaltonetworks.com", "7", "advanced"}

func TestCreate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		exists, input string
		more          []string
		code          int
		calls, says   string
	}{
		{"no", key + "\n", nil, 0, "create-secret", "secret xdr/acme is made\nnext: go run ./cmd/xdrwait secret check --secret-id xdr/acme"},
		{"no", key, []string{"--region", "eu-central-1"}, 0, "--region\neu-central-1\n", "check --secret-id xdr/acme --region eu-central-1"},
		{"no", key + "\r\n", nil, 0, "create-secret", "is made"},
		{"yes", key + "\n", nil, 0, "put-secret-value\n--secret-id\nxdr/acme\n", "has a new value"},
		{"broken", key + "\n", nil, 1, "create-secret", "AccessDeniedException"},
	} {
		o, code := create(t, c.exists, c.input, append(good, c.more...)...)
		if code != c.code || !strings.Contains(o.args, c.calls) || !strings.Contains(o.out, c.says) {
			t.Errorf("%+v: code %d\n%s\n%s", c, code, o.out, o.args)
		}
		if err := schematest.Validate("secret", []byte(o.stdin)); err != nil || !strings.Contains(o.stdin, `"api_key": "`+key+`"`) {
			t.Errorf("%+v: %s %v", c, o.stdin, err)
		}
		if all := o.args + o.env + o.out; strings.Contains(all, "CANARY") {
			t.Errorf("%+v: the key is in an argument, the environment or the output:\n%s", c, o.args+o.out)
		}
	}
}

// However the caller's shell is set, the key stays inside this one.
func TestCreateInAnyShell(t *testing.T) {
	t.Parallel()
	for _, env := range []string{"key=exported", "SHELLOPTS=allexport", "SHELLOPTS=xtrace", "SHELLOPTS=verbose"} {
		o, code := createIn(t, []string{env}, "yes", key+"\n", good...)
		if code != 0 || !strings.Contains(o.stdin, key) || !strings.Contains(o.args, "put-secret-value") {
			t.Errorf("%s: code %d\n%s", env, code, o.out)
		}
		for where, text := range map[string]string{"an argument": o.args, "the environment": o.env, "the output": o.out} {
			if strings.Contains(text, "CANARY") {
				t.Errorf("%s: the key is in %s", env, where)
			}
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		input string
		args  []string
		says  string
	}{
		{key, nil, "expected NAME API_URL KEY_ID standard|advanced, such as: secret/create xdr/acme"},
		{key, good[:3], "expected NAME API_URL"},
		{key, []string{"n", "http://api-acme.xdr.us.paloaltonetworks.com", "7", "advanced"}, "API_URL: expected an address such as"},
		{key, []string{"n", `https://a"b`, "7", "advanced"}, "API_URL: expected"},
		{key, []string{"n", good[1], "seven", "advanced"}, "KEY_ID: expected a number, got seven"},
		{key, []string{"n", good[1], "7", "high"}, "expected standard or advanced, as chosen when the key was made, got high"},
		{"", good, "no API key was given"},
		{"\n", good, "the API key: expected printable characters"},
		{`CANARY"` + "\n", good, "the API key: expected printable characters"},
		{"CANARY KEY\n", good, "the API key: expected printable characters"},
	} {
		o, code := create(t, "no", c.input, c.args...)
		if code != 1 || !strings.HasPrefix(o.out, "secret/create: "+c.says) || strings.Count(o.out, "\n") != 1 || o.args != "" || strings.Contains(o.out, "CANARY") {
			t.Errorf("%q %v: code %d, %s%s", c.input, c.args, code, o.out, o.args)
		}
	}
}
