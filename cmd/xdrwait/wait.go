package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
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

func (r result) exitCode() int {
	switch {
	case r.err != nil:
		return exitUnknown
	case r.verdict.Outcome == handler.Failed:
		return exitFailed
	}
	return exitDone
}

// wait waits for all actions at once, prints their verdicts in the order of the command line, and returns the gravest
// exit code. Why a wait ended without a final verdict is shown when it ends.
func (o options) wait(ctx context.Context, stdout, stderr io.Writer) (int, error) {
	if err := o.checkRequests(ctx); err != nil {
		return exitUsage, usageError{err}
	}
	t, err := o.target(ctx)
	if err != nil {
		return exitUnknown, err
	}
	defer t.close()
	step := t.step()
	display := newDisplay(stderr, t.clock)
	results := make([]result, len(t.ids))
	var all sync.WaitGroup
	for i, id := range t.ids {
		show := display.line(id)
		all.Go(func() {
			v, err := o.loop(ctx, step, t.clock, id, show)
			if err != nil {
				show.fail(err)
			}
			show.end()
			results[i] = result{id, v, err}
		})
	}
	all.Wait()
	display.end()

	code := exitDone
	for _, r := range results {
		code = max(code, r.exitCode())
	}
	return code, o.print(stdout, results)
}

// checkRequests refuses a bad policy or id before anything else is tried. The step itself judges: without a secret it
// gets no further than that.
func (o options) checkRequests(ctx context.Context) error {
	t := target{secretID: "none", secrets: file(func() ([]byte, error) { return nil, errors.New("none") }), clock: clock{time.Now(), 1}}
	judge := t.step()
	for _, id := range append([]string{"1"}, o.ids...) { // a good one first: what is wrong then is the policy
		_, err := judge.Check(ctx, o.event(id, t.clock.Now(), nil))
		var named *handler.Error
		if errors.As(err, &named) && named.Name == handler.InvalidRequest {
			return named
		}
	}
	return nil
}

var errInterrupted = errors.New("interrupted: the action goes on; this is the last that was seen of it")

// loop is the workflow in small: check, wait, check. It returns the last verdict, also beside an error.
func (o options) loop(ctx context.Context, step *handler.Step, clock clock, id string, show progress) (*handler.Verdict, error) {
	var last *handler.Verdict
	began := clock.Now()
	for failures := 0; ; {
		v, err := step.Check(ctx, o.event(id, began, last))
		var pause time.Duration
		switch {
		case err == nil:
			failures, last = 0, &v
			show.check(v)
			if v.Outcome != handler.Pending {
				return last, nil
			}
			pause = time.Duration(v.WaitSeconds) * time.Second
		case ctx.Err() != nil:
			return last, errInterrupted
		case !retry(err, last == nil && failures == 0):
			return last, err
		default:
			left := o.timeout - clock.Now().Sub(began)
			pause = max(time.Second, min(left, backoff(err, failures))) // as a verdict's wait_seconds
			failures++
			show.trouble(err, pause)
		}
		if !clock.Sleep(ctx, pause) {
			return last, errInterrupted
		}
	}
}

// longestAsked bounds what a Retry-After is obeyed for: one of a day would make the wait silent for a day.
const longestAsked = 5 * time.Minute

// backoff doubles from five seconds to a minute, or waits as long as the API asks.
func backoff(err error, failures int) time.Duration {
	pause := min(time.Minute, 5*time.Second<<min(failures, 6))
	var call *xdr.Error
	if errors.As(err, &call) {
		pause = max(pause, min(longestAsked, call.RetryAfter))
	}
	return pause
}

// retry reports whether an error may pass. Someone sits in front of a first check, and missing AWS credentials look
// like an outage: there, failing to read the secret is final.
func retry(err error, first bool) bool {
	var named *handler.Error
	return errors.As(err, &named) && named.Temporary() && (!first || named.Name != handler.CredentialsUnavailable)
}

// event is what a workflow would send, with the last verdict, if there is one.
func (o options) event(id string, began time.Time, last *handler.Verdict) []byte {
	event := map[string]any{
		"group_action_id": id,
		"started_at":      began.UTC().Format(time.RFC3339Nano),
		"timeout_seconds": int64(o.timeout / time.Second),
		"policy":          map[string]any{"min_success_percent": o.minSuccess, "partial": o.partial, "settle": o.settle},
	}
	if o.expect != nil {
		event["expected_agents"] = o.expect
	}
	if last != nil {
		event["previous"] = last
	}
	raw, err := json.Marshal(event)
	if err != nil {
		panic(err) // strings, numbers and a verdict only
	}
	return raw
}
