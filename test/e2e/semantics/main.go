// Command semantics runs the workflow on interpreters of the Amazon States Language other than AWS's, case by case, and
// demands that the states visited are those that AWS's documentation promises, and that together the cases go every way
// through the definition that there is. The script run beside it installs what it needs.
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
	"github.com/soarstep/xdr-action-status/test/e2e/semantics/front"
)

// config is the command line.
type config struct {
	tools string // folder of the virtual environment and the node modules
	node  string
	root  string // of the repository
	write bool
}

func main() {
	var c config
	flag.StringVar(&c.tools, "tools", "", "`folder` with venv and node_modules")
	flag.StringVar(&c.node, "node", "node", "Node of version 22 or later")
	flag.StringVar(&c.root, "root", ".", "`folder` of the repository")
	flag.BoolVar(&c.write, "write", false, "write the counted events to statemachine/history.json")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, c)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "semantics:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, c config) error {
	began := time.Now()
	c, err := c.absolute()
	if err != nil {
		return err
	}
	machine, err := asl.Parse(statemachine.Source)
	if err != nil {
		return err
	}
	f, err := front.Start()
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	engines, err := startEngines(ctx, c, f)
	if err != nil {
		return err
	}
	defer closeAll(engines)
	s := suite{machine: machine, front: f, root: c.root, cases: append(scripted(machine), real()...)}
	results, err := s.run(ctx, engines)
	if err != nil {
		return err
	}
	printTable(os.Stdout, engines, s.cases, results)
	err = errors.Join(
		verdictOf(results),
		printCoverage(os.Stdout, machine, engines, results),
		checkHistory(os.Stdout, c, engines, s.cases, results),
		checkDuplicates(ctx, os.Stdout, engines, f),
	)
	fmt.Printf("%d cases on %d engines in %v\n", len(s.cases), len(engines), time.Since(began).Round(time.Second))
	return err
}

// absolute makes the folders so: Node wants them.
func (c config) absolute() (config, error) {
	var errTools, errRoot error
	c.tools, errTools = filepath.Abs(c.tools)
	c.root, errRoot = filepath.Abs(c.root)
	return c, errors.Join(errTools, errRoot)
}

func startEngines(ctx context.Context, c config, f *front.Front) ([]engine, error) {
	m, err := startMoto(ctx, c.tools+"/venv/bin/python", c.tools+"/moto.log", f)
	if err != nil {
		return nil, err
	}
	a, err := startALS(ctx, c.node, c.root+"/test/e2e/semantics/als.mjs", c.tools, f)
	if err != nil {
		m.close()
		return nil, err
	}
	return []engine{m, a}, nil
}

func closeAll(engines []engine) {
	for _, e := range engines {
		e.close()
	}
}
