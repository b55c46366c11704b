// Command semantics runs the workflow on interpreters of the Amazon States Language other than AWS's, case by case. It
// demands that they do what AWS's documentation promises, and that together the cases go every way through the
// definition. test/e2e/run installs what it needs and calls it in the root of the repository, with a Python that has
// moto and a Node of version 22 or later. MODULES names the folder with node_modules.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"sync"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/statemachine"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1], os.Args[2])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "semantics:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, python, node string) error {
	machine, err := asl.Parse(statemachine.Source)
	if err != nil {
		return err
	}
	cases, err := allCases("statemachine/errors.tsv")
	if err != nil {
		return err
	}
	const here = "test/e2e/semantics/"
	engines := []*engine{
		{name: "moto", command: []string{python, here + "moto_engine.py"}},
		{name: "aws-local-stepfunctions", command: []string{node, here + "als.mjs"}},
	}
	executions, actions := prepare(engines, cases)
	t := new(lifetime)
	defer t.end()
	w, err := newWorld(ctx, t, actions)
	if err != nil {
		return err
	}
	w.executions = executions
	var all sync.WaitGroup
	wrong := make([]error, len(engines))
	for i, e := range engines {
		all.Go(func() { wrong[i] = e.judge(ctx, w, machine) })
	}
	all.Wait()
	return errors.Join(wrong...)
}

// prepare makes an execution of each case on each engine. It returns them by the action that they ask about, which is
// another one for each, and those of the actions that the simulated tenant must have.
func prepare(engines []*engine, cases []testCase) (map[string]*execution, []xdrtest.Scenario) {
	byAction := map[string]*execution{}
	var actions []xdrtest.Scenario
	id := int64(22519813685248)
	for _, e := range engines {
		for _, c := range cases {
			id++
			x := &execution{testCase: c, action: strconv.FormatInt(id, 10)}
			byAction[x.action] = x
			e.executions = append(e.executions, x)
			if c.real != nil {
				a := *c.real
				a.GroupActionID = id
				actions = append(actions, a)
			}
		}
	}
	return byAction, actions
}

// lifetime is what a testing.TB is to those who start things for a test.
type lifetime struct{ cleanups []func() }

func (*lifetime) Helper()                           {}
func (*lifetime) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (*lifetime) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (t *lifetime) Cleanup(f func())                { t.cleanups = append(t.cleanups, f) }

func (t *lifetime) end() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}
