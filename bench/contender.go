package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// contender is a function that is measured.
type contender struct {
	name    string
	command []string
	env     map[string]string
	binary  string // of its own; "" where the platform brings it
	asks    bool   // makes the check; the others answer with the event
	tenant  bool   // the event names a tenant, whose secret is not fetched before
}

func (c contender) event(endpoints int) []byte {
	tenant := ""
	if c.tenant {
		tenant = `,"tenant":"bench"`
	}
	return fmt.Appendf(nil, `{"group_action_id":%d%s}`, endpoints, tenant)
}

// The names under which results are compared.
const (
	nameFloor    = "Rust, answers only"
	nameHello    = "hello, answers only"
	nameOurs     = "this step"
	nameLazy     = "this step, no prefetch"
	nameNaive    = "naive Go, stripped"
	nameNaiveFat = "naive Go, go build"
	namePython   = "Python + boto3"
)

// rig is the place where contenders run.
type rig struct {
	root, dir string // of the repository, and for what is built
	trust     trust
	stubs     *stubs
}

func newRig(dir string) (*rig, error) {
	root, err := exec.CommandContext(context.Background(), "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, err
	}
	r := &rig{root: strings.TrimSpace(string(root)), dir: dir}
	if r.trust, err = newTrust(dir); err != nil {
		return nil, err
	}
	r.stubs, err = startStubs(r.trust.server)
	return r, err
}

// build compiles a Go contender as for Lambda, with the meter or without it.
func (r *rig) build(pkg, name string, meter bool) (string, error) {
	out := filepath.Join(r.dir, name)
	if err := os.MkdirAll(out, 0o700); err != nil {
		return "", err
	}
	pkg = filepath.Join(r.root, pkg)
	var overlay map[string]string
	if meter {
		overlay = map[string]string{filepath.Join(pkg, "meter.go"): filepath.Join(r.root, "bench/testdata/meter.go")}
	}
	return lambdatest.Build(context.Background(), pkg, out, overlay)
}

func (r *rig) hello(meter bool) (contender, error) {
	binary, err := r.build("bench/contender/hello", fmt.Sprintf("hello-%v", meter), meter)
	return contender{name: nameHello, command: []string{binary}, binary: binary}, err
}

func (r *rig) ours(meter bool) (contender, error) {
	binary, err := r.build("cmd/lambda", fmt.Sprintf("ours-%v", meter), meter)
	env := r.environ(map[string]string{"XDR_ALLOWED_ORIGINS": r.stubs.api})
	return contender{name: nameOurs, command: []string{binary}, binary: binary, env: env, asks: true}, err
}

// lazy is the step where nothing is known of the secret before the event.
func (r *rig) lazy(ours contender) contender {
	ours.name, ours.tenant, ours.env = nameLazy, true, maps.Clone(ours.env)
	ours.env["XDR_SECRET_ID"], ours.env["XDR_TENANT_SECRET_PREFIX"] = "", "tenant-"
	return ours
}

func (r *rig) naive(meter bool) (contender, error) {
	binary, err := r.build("bench/contender/naive", fmt.Sprintf("naive-%v", meter), meter)
	return contender{name: nameNaive, command: []string{binary}, binary: binary, env: r.environ(nil), asks: true}, err
}

func (r *rig) naiveAsBuilt() (contender, error) {
	binary := filepath.Join(r.dir, "naive-as-built")
	err := run(r.root, "go", "build", "-o", binary, "./bench/contender/naive")
	return contender{name: nameNaiveFat, command: []string{binary}, binary: binary, env: r.environ(nil), asks: true}, err
}

func (r *rig) floor() (contender, error) {
	binary := filepath.Join(r.dir, "floor")
	err := run(r.root, "rustc", "-C", "opt-level=3", "-C", "panic=abort", "-C", "strip=symbols", "-C", "lto", "-o", binary, "bench/contender/floor/main.rs")
	return contender{name: nameFloor, command: []string{binary}, binary: binary}, err
}

// python is the interpreter with what bench/requirements.txt pins.
func (r *rig) python() (string, error) {
	venv := filepath.Join(r.root, ".tools/bench")
	python := filepath.Join(venv, "bin/python")
	if _, err := os.Stat(python); err != nil {
		if err := run(r.root, "python3", "-m", "venv", venv); err != nil {
			return "", err
		}
	}
	return python, run(r.root, python, "-m", "pip", "install", "-q", "-r", "bench/requirements.txt")
}

func (r *rig) boto3() (contender, error) {
	python, err := r.python()
	env := r.environ(map[string]string{"AWS_CA_BUNDLE": r.trust.bundle})
	return contender{name: namePython, command: []string{python, filepath.Join(r.root, "bench/contender/boto3/function.py")}, env: env, asks: true}, err
}

// environ is what the machine's certificate store and the stubs look like to a contender.
func (r *rig) environ(more map[string]string) map[string]string {
	env := map[string]string{
		"SSL_CERT_FILE": r.trust.bundle, "SSL_CERT_DIR": r.trust.directory,
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": r.stubs.secrets, "XDR_SECRET_ID": "bench",
	}
	maps.Copy(env, more)
	return env
}

// all builds every contender whose compiler is here, and says which one is not.
func (r *rig) all() ([]contender, error) {
	ours, err := r.ours(false)
	if err != nil {
		return nil, err
	}
	list := []contender{ours, r.lazy(ours)}
	add := func(c contender, err error) error {
		if errors.Is(err, exec.ErrNotFound) {
			fmt.Fprintf(os.Stderr, "left out: %s: %v\n", c.name, err)
			return nil
		}
		list = append(list, c)
		return err
	}
	return list, errors.Join(add(r.hello(false)), add(r.naive(false)), add(r.naiveAsBuilt()), add(r.boto3()), add(r.floor()))
}

func run(dir, name string, args ...string) error {
	cmd := exec.CommandContext(context.Background(), name, args...) // #nosec G204 -- the harness's own commands
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stderr, os.Stderr
	return cmd.Run()
}
