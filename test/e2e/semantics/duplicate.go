package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/soarstep/xdr-action-status/test/e2e/semantics/front"
)

// checkDuplicates starts an execution again under its name, as an event that is delivered twice and a parent that is
// repeated do. On AWS the name stays taken for 90 days after the end; the engine keeps it for as long as it runs.
func checkDuplicates(ctx context.Context, w io.Writer, engines []engine, f *front.Front) error {
	m, ok := engines[0].(*moto)
	if !ok {
		return errors.New("no engine has execution names")
	}
	c := testCase{replies: []front.Reply{pending, pending, done}}
	plan := &front.Plan{Replies: c.replies}
	id := actionID(len(engines), 0)
	f.Expect(id, plan)
	first, err := c.job(id)
	if err != nil {
		return err
	}
	c.input = map[string]any{"timeout_seconds": 60}
	other, err := c.job(id)
	if err != nil {
		return err
	}
	return m.duplicates(ctx, w, first, other, plan)
}

func (m *moto) duplicates(ctx context.Context, w io.Writer, first, other job, plan *front.Plan) error {
	arn, err := m.start(ctx, first)
	if err != nil {
		return err
	}
	again, err := m.start(ctx, first)
	if err != nil || again != arn {
		return fmt.Errorf("duplicate start while it runs: %s, %w", again, err)
	}
	if _, err = m.start(ctx, other); !taken(err) {
		return fmt.Errorf("duplicate start with another input: %w", err)
	}
	e, err := m.wait(ctx, arn)
	if err != nil || e.Status != succeeded || len(plan.Payloads()) != 3 || len(plan.Announced()) != 1 {
		return fmt.Errorf("duplicate start: %+v, %d calls, %d announcements, %w", e, len(plan.Payloads()), len(plan.Announced()), err)
	}
	if _, err = m.start(ctx, first); !taken(err) {
		return fmt.Errorf("duplicate start after the end: %w", err)
	}
	_, _ = fmt.Fprintln(w, "duplicate start on moto: the same execution while it runs; ExecutionAlreadyExists with another input and after the end; one wait, one announcement")
	return nil
}

func taken(err error) bool {
	return err != nil && strings.Contains(err.Error(), "ExecutionAlreadyExists")
}
