package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/soarstep/xdr-action-status/internal/asl"
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
	trace        trace
	plan         *plan
	wrong, known string
}

// actionID is different for each case on each engine.
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

// run returns the results by engine and case.
func (s suite) run(ctx context.Context) ([][]result, error) {
	results := make([][]result, len(s.engines))
	errs := make([]error, len(s.engines))
	var all sync.WaitGroup
	for i, e := range s.engines {
		all.Go(func() { results[i], errs[i] = s.runOn(ctx, e, i) })
	}
	all.Wait()
	return results, errors.Join(errs...)
}

// plan tells the front what to expect.
func (s suite) plan(c testCase, id int64) (*plan, job, error) {
	p := &plan{testCase: c}
	if c.action != nil {
		p.function = s.function
	}
	s.front.expect(fmt.Sprint(id), p)
	j, err := c.job(id)
	return p, j, err
}

func (s suite) runOn(ctx context.Context, e engine, number int) ([]result, error) {
	results := make([]result, len(s.cases))
	jobs := make([]job, len(s.cases))
	for i, c := range s.cases {
		var err error
		if results[i].plan, jobs[i], err = s.plan(c, actionID(number, i)); err != nil {
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
		r.wrong = judge(c.want, jobs[i], r.trace, r.plan)
		if d, ok := c.differs[e.name()]; ok {
			r.known = d.reason
			if r.wrong == "" {
				r.wrong = "it does what AWS does now: the difference can go"
				continue
			}
			c.want.err = d.err
			r.wrong = judge(c.want, jobs[i], r.trace, r.plan)
		}
	}
	return results, nil
}

// duplicates are looked at on the first engine.
func (s suite) duplicates(ctx context.Context, w io.Writer) error {
	m, ok := s.engines[0].(*moto)
	if !ok {
		return errors.New("no engine has names of executions")
	}
	c := testCase{input: onlyID, replies: []reply{pending, pending, done}}
	p, j, err := s.plan(c, actionID(len(s.engines), 0))
	if err == nil {
		err = m.duplicates(ctx, j, p)
	}
	if err == nil {
		_, err = fmt.Fprintln(w, "the same name again on moto: the same execution while it runs; ExecutionAlreadyExists with another input and after the end")
	}
	return err
}

// report prints a line for each case, with what each engine did, and demands that all is as wanted.
func (s suite) report(w io.Writer, results [][]result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(t, "case\twanted")
	for _, e := range s.engines {
		_, _ = fmt.Fprintf(t, "\t%s %s", e.name(), e.version())
	}
	var wrong int
	for i, c := range s.cases {
		_, _ = fmt.Fprintf(t, "\n%s\t%s %s", c.name, c.want.status, c.want.err)
		for e := range s.engines {
			r := results[e][i]
			_, _ = fmt.Fprintf(t, "\t%s", r)
			if r.wrong != "" {
				wrong++
			}
		}
	}
	_, _ = fmt.Fprintln(t)
	_ = t.Flush()
	if wrong > 0 {
		return fmt.Errorf("%d results are not as wanted", wrong)
	}
	return nil
}

func (r result) String() string {
	switch {
	case r.wrong != "":
		return "WRONG: " + r.wrong
	case r.known != "":
		return "differs, as known: " + r.known
	}
	return fmt.Sprintf("ok, %d states, %d calls", len(r.trace.states()), len(r.plan.calls))
}

// coverage prints the figures of each engine and demands all of each.
func (s suite) coverage(w io.Writer, m asl.Machine, results [][]result) error {
	var problems []error
	for i, e := range s.engines {
		c := newCoverage(m)
		for k, r := range results[i] {
			if err := c.add(r.trace); err != nil {
				problems = append(problems, fmt.Errorf("%s: %s: %w", e.name(), s.cases[k].name, err))
			}
		}
		line, missing := c.report()
		_, _ = fmt.Fprintf(w, "visited on %s: %s\n", e.name(), line)
		if missing != nil {
			problems = append(problems, fmt.Errorf("never visited on %s: %s", e.name(), strings.Join(missing, ", ")))
		}
	}
	return errors.Join(problems...)
}
