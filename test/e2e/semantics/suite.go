package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/test/e2e/semantics/front"
)

// suite is all cases, each to be run on every engine.
type suite struct {
	machine asl.Machine
	front   *front.Front
	root    string
	cases   []testCase
}

// result is how one case went on one engine. wrong is empty if it went as wanted; known says that it is wanted so of
// this engine only.
type result struct {
	trace        trace
	plan         *front.Plan
	wrong, known string
}

// actionID is different for each case on each engine: the front and the simulator tell executions apart by it.
func actionID(engine, number int) int64 { return int64(22519813685248 + 1000*engine + number) }

// run returns the results by engine and case.
func (s suite) run(ctx context.Context, engines []engine) ([][]result, error) {
	function, done, err := front.Function(ctx, filepath.Join(s.root, "cmd/lambda"), s.actions(len(engines)))
	if err != nil {
		return nil, err
	}
	defer done()
	results := make([][]result, len(engines))
	errs := make([]error, len(engines))
	var all sync.WaitGroup
	for i, e := range engines {
		all.Go(func() { results[i], errs[i] = s.runOn(ctx, e, i, function) })
	}
	all.Wait()
	return results, errors.Join(errs...)
}

// actions are those that the real function asks about, under the ids of each engine.
func (s suite) actions(engines int) []xdrtest.Scenario {
	var actions []xdrtest.Scenario
	for e := range engines {
		for i, c := range s.cases {
			if c.action != nil {
				a := *c.action
				a.GroupActionID = actionID(e, i)
				actions = append(actions, a)
			}
		}
	}
	return actions
}

func (s suite) runOn(ctx context.Context, e engine, number int, function http.Handler) ([]result, error) {
	results := make([]result, len(s.cases))
	jobs := make([]job, len(s.cases))
	for i, c := range s.cases {
		id := actionID(number, i)
		p := &front.Plan{Replies: c.replies, Events: c.events}
		if c.action != nil {
			p.Function = function
		}
		s.front.Expect(id, p)
		results[i].plan = p
		var err error
		if jobs[i], err = c.job(id); err != nil {
			return nil, err
		}
	}
	traces, err := e.run(ctx, jobs)
	if err != nil {
		return nil, err
	}
	for i, c := range s.cases {
		r := &results[i]
		r.trace = traces[i]
		r.wrong = judge(c.want, r.trace, r.plan)
		if x, ok := c.differs[e.name()]; ok {
			r.wrong, r.known = judgeException(x, *r), x.reason
		}
	}
	return results, nil
}

// judgeException demands the difference itself: once it is gone, the exception must go.
func judgeException(x exception, r result) string {
	if r.wrong == "" {
		return "it does what AWS does now: the exception can go"
	}
	return judge(x.want, r.trace, r.plan)
}

func (c testCase) job(id int64) (job, error) {
	definition, err := scaled(c.limits)
	if err != nil {
		return job{}, err
	}
	input := map[string]any{"group_action_id": id, "incident": map[string]any{"id": 7}}
	maps.Copy(input, c.input)
	raw, err := json.Marshal(input)
	return job{Name: "case-" + strconv.FormatInt(id, 10), Definition: definition, Input: raw}, err
}

func verdictOf(results [][]result) error {
	var n int
	for _, list := range results {
		for _, r := range list {
			if r.wrong != "" {
				n++
			}
		}
	}
	if n > 0 {
		return fmt.Errorf("%d results are not as wanted", n)
	}
	return nil
}
