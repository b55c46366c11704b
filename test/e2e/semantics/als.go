package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
)

const alsName = "aws-local-stepfunctions"

// als is aws-local-stepfunctions in one Node process, which als.mjs drives: jobs in, traces out.
type als struct{ node, script, modules, front, release string }

func startALS(ctx context.Context, a als) (*als, error) {
	out, err := a.command(ctx, "version").Output()
	a.release = string(bytes.TrimSpace(out))
	return &a, err
}

func (a *als) name() string    { return alsName }
func (a *als) version() string { return a.release }

func (a *als) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, a.node, append([]string{a.script}, args...)...) //nolint:gosec // the script names it
	cmd.Env = append(os.Environ(), "MODULES="+a.modules)
	cmd.Stderr = os.Stderr
	return cmd
}

func (a *als) run(ctx context.Context, jobs []job) ([]trace, error) {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	input, err := json.Marshal(jobs)
	if err != nil {
		return nil, err
	}
	cmd := a.command(ctx, "run", a.front)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", alsName, err)
	}
	var traces []trace
	err = json.Unmarshal(out, &traces)
	return traces, err
}
