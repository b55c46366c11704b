package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// state is what is known of the wait for one action.
type state struct {
	id      string
	verdict *handler.Verdict // the last one; nil before the first
	err     error            // why the last check gave none, or why the wait ended without a final one
	at      time.Time        // of the last check
	pause   time.Duration    // after it
}

// wait waits for all actions at once, prints their verdicts in the order of the command line, and ends with the highest
// exit code. Why a wait ended without a final verdict is shown when it ends.
func (o *options) wait(cmd *cobra.Command, ids []string) error {
	ctx := cmd.Context()
	o.ids = ids
	if err := cmp.Or(o.check(), o.checkRequests(ctx)); err != nil {
		return usageError{err}
	}
	step, err := o.step(ctx)
	if err != nil {
		return err
	}
	display := newDisplay(cmd.ErrOrStderr(), step.Now, len(o.ids))
	ends := make([]state, len(o.ids))
	var all sync.WaitGroup
	for i, id := range o.ids {
		show, end := display.line(id)
		all.Go(func() {
			ends[i] = o.loop(ctx, step, id, show)
			end(ends[i].err)
		})
	}
	all.Wait()
	if display.live != nil {
		display.live.Wait()
	}
	if err := o.print(cmd.OutOrStdout(), ends); err != nil {
		return err
	}
	code := exitCode(exitDone)
	for _, s := range ends {
		switch {
		case s.err != nil:
			code = exitUnknown
		case s.verdict.Outcome == handler.Failed:
			code = max(code, exitFailed)
		}
	}
	return code
}

// asFlags names what on the command line becomes a member of the request.
var asFlags = strings.NewReplacer(
	"group_action_id:", "GROUP_ACTION_ID:",
	"policy.min_success_percent:", "--min-success:",
	"policy.partial:", "--partial:",
	"policy.settle:", "--settle:",
	"expected_agents:", "--expect:",
	"the event has", "--expect: the event has", // nothing else makes a request too long
)

// checkRequests refuses a bad policy or id before anything else is tried. The step itself judges: without a secret it
// gets no further than that.
func (o *options) checkRequests(ctx context.Context) error {
	nothing := file(func() ([]byte, error) { return nil, errors.New("none") })
	step := newStep("none", nothing, nil)
	for _, id := range append([]string{"1"}, o.ids...) { // a good one first: what is wrong then is the policy
		_, err := step.Check(ctx, o.event(state{id: id}, step.Now()))
		if failed, ok := errors.AsType[*handler.Error](err); ok && failed.Name == handler.InvalidRequest {
			return errors.New(asFlags.Replace(failed.Message))
		}
	}
	return nil
}

// loop is the workflow in small: check, wait, check. It shows what is known after each check that is not the last, and
// after one with a final verdict.
func (o *options) loop(ctx context.Context, step *handler.Step, id string, show func(state)) state {
	s := state{id: id}
	began := step.Now()
	for failures := 0; ctx.Err() == nil; {
		v, err := step.Check(ctx, o.event(s, began))
		s.at = step.Now()
		s.err = err
		switch {
		case err == nil:
			failures = 0
			s.verdict = &v
			s.pause = time.Duration(v.WaitSeconds) * time.Second
		case ctx.Err() != nil:
			continue
		case !retry(err, s.verdict == nil && failures == 0):
			return s
		default:
			left := o.timeout - s.at.Sub(began)
			s.pause = max(time.Second, min(left, backoff(err, failures))) // as a verdict's wait_seconds
			failures++
		}
		show(s)
		if err == nil && v.Outcome != handler.Pending {
			return s
		}
		select {
		case <-time.After(time.Duration(float64(s.pause) / o.speed)):
		case <-ctx.Done():
		}
	}
	when := " before the first answer"
	if s.verdict != nil { // it says where the action stood
		when = ""
	}
	s.err = fmt.Errorf("interrupted%s; action %s goes on: run the same command again", when, id)
	return s
}

// longestAsked bounds what a Retry-After is obeyed for: one of a day would make the wait silent for a day.
const longestAsked = 5 * time.Minute

// backoff doubles from five seconds to a minute, or waits as long as the API asks.
func backoff(err error, failures int) time.Duration {
	pause := min(time.Minute, 5*time.Second<<min(failures, 6))
	if call, ok := errors.AsType[*xdr.Error](err); ok {
		pause = max(pause, min(longestAsked, call.RetryAfter))
	}
	return pause
}

// retry reports whether an error may pass. At the first check a secret that cannot be read is final: a person is there
// to see it, and missing AWS credentials look like an outage.
func retry(err error, first bool) bool {
	failed, ok := errors.AsType[*handler.Error](err)
	return ok && failed.Temporary() && (!first || failed.Name != handler.CredentialsUnavailable)
}

// event is what a workflow would send, with the last verdict, if there is one.
func (o *options) event(s state, began time.Time) []byte {
	raw, _ := json.Marshal(map[string]any{ // strings, numbers and a verdict
		"group_action_id": s.id,
		"started_at":      began.UTC().Format(time.RFC3339Nano),
		"timeout_seconds": int64(o.timeout / time.Second),
		"expected_agents": o.expect,
		"previous":        s.verdict,
		"policy": map[string]any{
			"min_success_percent": o.minSuccess,
			"partial":             o.partial,
			"settle":              o.settle,
		},
	})
	return raw
}
