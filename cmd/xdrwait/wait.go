package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// result is how the wait for one action ended: with a final verdict, or with an error and the last verdict, if any.
type result struct {
	id      string
	verdict *handler.Verdict
	err     error
}

// wait waits for all actions at once, prints their verdicts in the order of the command line, and ends with the highest
// exit code. Why a wait ended without a final verdict is shown when it ends.
func (o options) wait(ctx context.Context, stdout, stderr io.Writer) error {
	if err := o.checkRequests(ctx); err != nil {
		return usageError{err}
	}
	s, err := o.source(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	step := s.step()
	display := newDisplay(stderr, s.clock)
	results := make([]result, len(s.ids))
	var all sync.WaitGroup
	for i, id := range s.ids {
		show := display.line(id)
		all.Go(func() {
			v, err := o.loop(ctx, step, s.clock, id, show)
			show.end(err)
			results[i] = result{id, v, err}
		})
	}
	all.Wait()
	display.end()

	if err := o.print(stdout, results); err != nil {
		return err
	}
	code := exitCode(exitDone)
	for _, r := range results {
		switch {
		case r.err != nil:
			code = exitUnknown
		case r.verdict.Outcome == handler.Failed:
			code = max(code, exitFailed)
		}
	}
	return code
}

// checkRequests refuses a bad policy or id before anything else is tried. The step itself judges: without a secret it
// gets no further than that.
func (o options) checkRequests(ctx context.Context) error {
	nothing := file(func() ([]byte, error) { return nil, errors.New("none") })
	s := source{secretID: "none", secrets: nothing, clock: clock{time.Now(), 1}}
	step := s.step()
	for _, id := range append([]string{"1"}, o.ids...) { // a good one first: what is wrong then is the policy
		_, err := step.Check(ctx, o.event(id, s.clock.Now(), nil))
		if failed, ok := errors.AsType[*handler.Error](err); ok && failed.Name == handler.InvalidRequest {
			member, problem, _ := strings.Cut(failed.Message, ": ")
			if flag, ok := flagOf[member]; ok {
				return fmt.Errorf("%s: %s", flag, problem)
			}
			return fmt.Errorf("--expect: %s", failed.Message) // nothing else makes a request too long
		}
	}
	return nil
}

// interrupted goes with the last verdict, which says where the action stood.
func interrupted(id string, last *handler.Verdict) error {
	when := ""
	if last == nil {
		when = " before the first answer"
	}
	return fmt.Errorf("interrupted%s; action %s goes on: run the same command again", when, id)
}

// flagOf names what on the command line becomes a member of the request.
var flagOf = map[string]string{
	"group_action_id":            "GROUP_ACTION_ID",
	"policy.min_success_percent": "--min-success",
	"policy.partial":             "--partial",
	"policy.settle":              "--settle",
	"expected_agents":            "--expect",
}

// loop is the workflow in small: check, wait, check. It returns the last verdict, also beside an error.
func (o options) loop(
	ctx context.Context, step *handler.Step, clock clock, id string, show *line,
) (*handler.Verdict, error) {
	var last *handler.Verdict
	began := clock.Now()
	for failures := 0; ; {
		v, err := step.Check(ctx, o.event(id, began, last))
		var pause time.Duration
		switch {
		case err == nil:
			failures = 0
			last = &v
			show.check(v)
			if v.Outcome != handler.Pending {
				return last, nil
			}
			pause = time.Duration(v.WaitSeconds) * time.Second
		case ctx.Err() != nil:
			return last, interrupted(id, last)
		case !retry(err, last == nil && failures == 0):
			return last, err
		default:
			left := o.timeout - clock.Now().Sub(began)
			pause = max(time.Second, min(left, backoff(err, failures))) // as a verdict's wait_seconds
			failures++
			show.trouble(err, pause)
		}
		if !clock.Sleep(ctx, pause) {
			return last, interrupted(id, last)
		}
	}
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
func (o options) event(id string, began time.Time, last *handler.Verdict) []byte {
	event := map[string]any{
		"group_action_id": id,
		"started_at":      began.UTC().Format(time.RFC3339Nano),
		"timeout_seconds": int64(o.timeout / time.Second),
		"policy": map[string]any{
			"min_success_percent": o.minSuccess, "partial": o.partial, "settle": o.settle,
		},
	}
	if o.expect != nil {
		event["expected_agents"] = o.expect
	}
	if last != nil {
		event["previous"] = last
	}
	raw, _ := json.Marshal(event) // strings, numbers and a verdict
	return raw
}

// clock is the time of a wait: real, or running speed times as fast from a moment on.
type clock struct {
	began time.Time
	speed float64
}

func (c clock) Now() time.Time {
	return c.began.Add(time.Duration(float64(time.Since(c.began)) * c.speed))
}

// Sleep returns early, with false, when ctx ends.
func (c clock) Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(time.Duration(float64(d) / c.speed))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
