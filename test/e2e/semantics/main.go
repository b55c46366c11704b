// Command semantics runs the workflow on interpreters of the Amazon States Language other than AWS's, case by case. It
// demands that they do what AWS's documentation promises, and that together the cases go every way through the
// definition. The script run beside it installs what it needs.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
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

// run is to be called in the root of the repository. tools is the absolute path of a folder with venv and node_modules,
// node a Node of version 22 or later.
func run(ctx context.Context, tools, node string) error {
	began := time.Now()
	machine, err := asl.Parse(statemachine.Source)
	if err != nil {
		return err
	}
	cases, err := allCases("statemachine/errors.tsv")
	if err != nil {
		return err
	}
	front := startFront()
	env := []string{"MODULES=" + tools, "FRONT=" + front.URL, "MOTO_PORT=" + front.port()}
	const here = "test/e2e/semantics/"
	engines := []engine{
		{name: motoName, command: []string{tools + "/venv/bin/python", here + "moto_engine.py"}, env: env},
		{name: alsName, command: []string{node, here + "als.mjs"}, env: env},
	}
	t := new(lifetime)
	defer t.end()
	function, err := startFunction(ctx, t, "cmd/lambda", actions(cases, len(engines)))
	if err != nil {
		return err
	}
	s := suite{front: front, cases: cases, engines: engines, function: function}
	results, err := s.run(ctx)
	if err != nil {
		return err
	}
	err = errors.Join(report(os.Stdout, results), printCoverage(os.Stdout, machine, results))
	fmt.Printf("events in moto's histories: start %d, each loop %d, each failed attempt %d, end %d\n",
		asl.EventsStart, asl.EventsLoop, asl.EventsAttempt, asl.EventsEnd)
	fmt.Printf("%d cases on %d engines in %v\n", len(cases), len(engines), time.Since(began).Round(time.Second))
	return err
}
