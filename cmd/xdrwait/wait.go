package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// wait makes the step, asks until the action has ended, and prints the verdict.
func (o options) wait(ctx context.Context, stdout, stderr io.Writer) (int, error) {
	t, err := o.target(ctx)
	if err != nil {
		return exitUnknown, err
	}
	defer t.close()
	step := &handler.Step{
		Config:  handler.DefaultConfig(),
		Secrets: t.secrets,
		XDR:     &xdr.Client{Now: t.clock.Now},
		Log:     slog.New(slog.DiscardHandler),
		Now:     t.clock.Now,
		Random:  rand.Float64,
	}
	step.SecretID = t.secretID
	step.AllowedOrigins = append(step.AllowedOrigins, t.origins...)

	show := newProgress(stderr, t.id, t.clock)
	v, err := o.loop(ctx, step, t, show)
	show.end()
	if err != nil {
		if v != nil {
			err = errors.Join(err, printVerdict(stdout, *v, o.output))
		}
		return exitUnknown, err
	}
	code := exitDone
	if v.Outcome == handler.Failed {
		code = exitFailed
	}
	return code, printVerdict(stdout, *v, o.output)
}

var errInterrupted = errors.New("interrupted: the action goes on; this is the last that was seen of it")

// loop is the workflow in small: check, wait, check. It returns the last verdict, also beside an error.
func (o options) loop(ctx context.Context, step *handler.Step, t target, show progress) (*handler.Verdict, error) {
	var last *handler.Verdict
	began := t.clock.Now()
	event := o.event(t.id, began)
	for failures := 0; ; {
		v, err := step.Check(ctx, event)
		left := o.timeout - t.clock.Now().Sub(began)
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
		case !retry(err, last == nil && failures == 0) || left <= 0:
			return last, err
		default:
			pause = min(left, backoff(err, failures))
			failures++
			show.trouble(err, pause)
		}
		if !t.clock.Sleep(ctx, pause) {
			return last, errInterrupted
		}
	}
}

// backoff doubles from five seconds to a minute, or waits as long as the API asks.
func backoff(err error, failures int) time.Duration {
	pause := min(time.Minute, 5*time.Second<<min(failures, 6))
	var call *xdr.Error
	if errors.As(err, &call) {
		pause = max(pause, call.RetryAfter)
	}
	return pause
}

// retry tells whether an error may pass. Someone sits in front of a first check, and missing AWS credentials look
// like an outage: there, failing to read the secret is final.
func retry(err error, first bool) bool {
	var named *handler.Error
	return errors.As(err, &named) && named.Temporary() && (!first || named.Name != handler.CredentialsUnavailable)
}

// event is what a workflow would send.
func (o options) event(id string, began time.Time) []byte {
	event := map[string]any{
		"group_action_id": id,
		"started_at":      began.UTC().Format(time.RFC3339Nano),
		"timeout_seconds": int64(o.timeout / time.Second),
		"policy":          map[string]any{"min_success_percent": o.minSuccess, "partial": o.partial, "settle": o.settle},
	}
	if o.expect != nil {
		event["expected_agents"] = o.expect
	}
	raw, err := json.Marshal(event)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return raw
}

func printVerdict(w io.Writer, v handler.Verdict, form string) error {
	if form == "json" {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	}
	e := v.Endpoints
	fmt.Fprintf(w, "%s (%s) after %s: %s\n", v.Outcome, v.Reason, time.Duration(v.ElapsedSeconds)*time.Second, counts(e))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range v.FailedEndpoints {
		fmt.Fprintln(table, strings.TrimRight(fmt.Sprintf("  failed\t%s\t%s\t%s", f.AgentID, f.Status, f.Error), "\t"))
	}
	for _, id := range v.PendingEndpoints {
		fmt.Fprintf(table, "  pending\t%s\n", id)
	}
	if v.Truncated {
		fmt.Fprintln(table, "  … and more; the counts above are complete")
	}
	return table.Flush()
}

func counts(e handler.Endpoints) string {
	s := fmt.Sprintf("%d endpoints, %d succeeded, %d failed, %d pending", e.Total, e.Succeeded, e.Failed, e.Pending)
	if e.Missing > 0 {
		s += fmt.Sprintf(" (%d missing)", e.Missing)
	}
	return s
}
