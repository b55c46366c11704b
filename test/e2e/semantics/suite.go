package main

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// suite is all cases, each to be run on every engine.
type suite struct {
	front    *front
	cases    []testCase
	engines  []engine
	function http.Handler
}

// result is how one case went on one engine. wrong is empty if it went as wanted; known says that it is wanted so of
// this engine only.
type result struct {
	*plan
	trace        trace
	wrong, known string
}

// column is how all cases went on one engine.
type column struct {
	name, version string
	results       []result
}

// actionID is different for each case on each engine: the front and the simulator tell executions apart by it.
func actionID(engine, number int) int64 { return int64(22519813685248 + 1000*engine + number) }

// actions are those that the real function asks about, under the ids of each engine.
func actions(cases []testCase, engines int) []xdrtest.Scenario {
	var list []xdrtest.Scenario
	for e := range engines {
		for i, c := range cases {
			if c.action != nil {
				a := *c.action
				a.GroupActionID = actionID(e, i)
				list = append(list, a)
			}
		}
	}
	return list
}

func (s suite) run(ctx context.Context) ([]column, error) {
	columns := make([]column, len(s.engines))
	errs := make([]error, len(s.engines))
	var all sync.WaitGroup
	for i, e := range s.engines {
		all.Go(func() { columns[i], errs[i] = s.runOn(ctx, e, i) })
	}
	all.Wait()
	return columns, errors.Join(errs...)
}

func (s suite) runOn(ctx context.Context, e engine, number int) (column, error) {
	done := column{name: e.name, results: make([]result, len(s.cases))}
	jobs := make([]job, len(s.cases))
	for i, c := range s.cases {
		id := strconv.FormatInt(actionID(number, i), 10)
		p := &plan{testCase: c}
		if c.action != nil {
			p.function = s.function
		}
		done.results[i].plan = p
		s.front.expect(id, p)
		jobs[i] = c.job(id)
	}
	out, err := e.run(ctx, jobs)
	if err != nil {
		return done, err
	}
	done.version = out.Version
	for i := range done.results {
		done.results[i].judge(e.name, jobs[i], out.Traces[i])
	}
	return done, nil
}

func (r *result) judge(engine string, j job, t trace) {
	r.trace = t
	r.wrong = judge(r.want, j, t, r.plan)
	d, ok := r.differs[engine]
	switch {
	case !ok:
	case r.wrong == "":
		r.wrong = "it does what AWS does now: the difference can go"
	default:
		r.wrong, r.known = judge(d.want, j, t, r.plan), d.reason
	}
}
