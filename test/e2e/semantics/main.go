// Command semantics runs the workflow on interpreters of the Amazon States Language other than AWS's, case by case. It
// demands that they do what AWS's documentation promises, and that together the cases go every way through the definition
// that there is. The script run beside it installs what it needs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/statemachine"
)

// config is the command line: run in the root of the repository.
type config struct{ tools, node string }

func main() {
	var c config
	flag.StringVar(&c.tools, "tools", "", "`folder` with venv and node_modules")
	flag.StringVar(&c.node, "node", "node", "Node of version 22 or later")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, c)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "semantics:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, c config) (err error) {
	began := time.Now()
	t := new(lifetime)
	defer t.end()
	s, err := start(ctx, t, c)
	if err != nil {
		return err
	}
	machine, err := asl.Parse(statemachine.Source)
	if err != nil {
		return err
	}
	results, err := s.run(ctx)
	if err != nil {
		return err
	}
	err = errors.Join(
		s.report(os.Stdout, results),
		s.coverage(os.Stdout, machine, results),
		s.duplicates(ctx, os.Stdout),
	)
	fmt.Printf("events in moto's histories: start %d, each loop %d, each failed attempt %d, end %d\n",
		asl.EventsStart, asl.EventsLoop, asl.EventsAttempt, asl.EventsEnd)
	fmt.Printf("%d cases on %d engines in %v\n", len(s.cases), len(s.engines), time.Since(began).Round(time.Second))
	return err
}

// start starts all that the cases need.
func start(ctx context.Context, t *lifetime, c config) (s suite, err error) {
	defer func() {
		if p := recover(); p != nil { // t has failed
			err = fmt.Errorf("%v", p)
		}
	}()
	tools, err := filepath.Abs(c.tools) // Node wants it so
	if err != nil {
		return s, err
	}
	if s.cases, err = allCases("statemachine/errors.tsv"); err != nil {
		return s, err
	}
	s.front = startFront()
	t.Cleanup(s.front.Close)
	m, err := startMoto(ctx, t, tools+"/venv/bin/python", tools+"/moto.log", s.front.URL)
	if err != nil {
		return s, fmt.Errorf("moto: %w", err)
	}
	a, err := startALS(ctx, als{node: c.node, script: "test/e2e/semantics/als.mjs", modules: tools, front: s.front.URL})
	if err != nil {
		return s, fmt.Errorf("%s: %w", alsName, err)
	}
	s.engines = []engine{m, a}
	s.function, err = startFunction(ctx, t, "cmd/lambda", actions(s.cases, len(s.engines)))
	return s, err
}
