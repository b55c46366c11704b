package statemachine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// maxEvents is the quota of a history; an execution that reaches it fails.
//
// Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxEvents = 25_000

const week = 7 * 24 * time.Hour

// counted are the numbers that the run on real engines (e2e/semantics) has counted and demands.
func counted(t *testing.T) asl.Events {
	t.Helper()
	raw, err := os.ReadFile("history.json")
	if err != nil {
		t.Fatal(err)
	}
	var e asl.Events
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// A week of pending, with the function's own schedule and an hour of outage every day, must fit into one history: with
// the jitter in the middle, and with the shortest waits that it allows.
func TestAWeekFitsIntoTheHistory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		random float64
		outage []int
	}{
		{"no outage, waits in the middle", 0.5, nil},
		{"outages of 503, waits in the middle", 0.5, []int{503}},
		{"outages of 503, shortest waits", 0, []int{503}},
		{"outages of 503 and 429 in turns, shortest waits", 0, []int{503, 429}},
		{"outages of 503, 429 and crashes in turns, shortest waits", 0, []int{503, 429, crash}},
	} {
		w := newWait(t, c.random, c.outage)
		w.run(t)
		if w.events >= maxEvents || w.clock.Sub(w.began) < week {
			t.Errorf("%s: %d events in %v, the limit is %d", c.name, w.events, w.clock.Sub(w.began), maxEvents)
		}
		t.Logf("%-60s %d checks, %d failed attempts, %d events (%.1f %% of %d)",
			c.name, w.checks, w.failures, w.events, 100*float64(w.events)/maxEvents, maxEvents)
	}
}

// An outage that lasts must not fail the wait either: not before the default deadline is over. With a longer deadline, it
// does after the time that is logged, or at the deadline.
func TestAnOutageAsLongAsTheDefaultDeadlineFitsIntoTheHistory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		random float64
	}{
		{"waits in the middle", 0.5},
		{"shortest waits", 0},
	} {
		w := newWait(t, c.random, []int{503})
		w.always = true
		for w.events = w.counts.Start; !w.timedOut && w.events+w.counts.Outage+w.counts.End < maxEvents; w.events += w.counts.Outage {
			if v, ok := w.check(t); ok {
				t.Fatalf("the tenant is not down: %+v", v)
			}
			w.pass(float64(*w.machine.States["OutageWait"].Seconds))
		}
		if lasted := w.clock.Sub(w.began); lasted < w.step.Timeout {
			t.Errorf("%s: the history is full after %v, the deadline is %v", c.name, lasted, w.step.Timeout)
		} else {
			t.Logf("%-20s ended after an outage of %.1f h, by the deadline: %v", c.name, lasted.Hours(), w.timedOut)
		}
	}
}

// wait is one execution: the real step, a clock that only the waits move, and a tenant that is down in the sixth hour of
// every day.
type wait struct {
	step         *handler.Step
	machine      asl.Machine
	counts       asl.Events
	clock, began time.Time
	random       float64 // how long chance makes each wait, from 0 to 1
	outage       []int   // what the tenant answers while it is down, in turns
	always       bool    // it is down in every hour

	asked, checks, failures, events int
	timedOut                        bool
}

// crash is an answer that the function does not live to give.
const crash = 0

func newWait(t *testing.T, random float64, outage []int) *wait {
	began := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	w := &wait{machine: machine(t), counts: counted(t), clock: began, began: began, random: random, outage: outage}
	config := handler.DefaultConfig()
	config.SecretID = "xdr/acme"
	now := func() time.Time { return w.clock }
	w.step = &handler.Step{
		Config:  config,
		Secrets: storedSecret{},
		XDR:     &xdr.Client{Transport: w, Now: now},
		Log:     slog.New(slog.DiscardHandler),
		Now:     now,
		Random:  func() float64 { return 1 - w.random },
	}
	return w
}

func (w *wait) down() bool {
	return w.always || w.outage != nil && w.clock.Sub(w.began)%(24*time.Hour)/time.Hour == 6
}

func (w *wait) run(t *testing.T) {
	t.Helper()
	w.events = w.counts.Start
	for {
		v, ok := w.check(t)
		switch {
		case !ok:
			w.events += w.counts.Outage
			w.pass(float64(*w.machine.States["OutageWait"].Seconds))
		case v.Outcome == handler.Pending:
			w.events += w.counts.Loop
			w.pass(float64(v.WaitSeconds))
		case v.Reason == handler.DeadlineExceeded:
			w.events += w.counts.End
			return
		default:
			t.Fatalf("%+v", v)
		}
	}
}

// check is the state Check: attempts as its retriers allow; false if the last one failed.
func (w *wait) check(t *testing.T) (handler.Verdict, bool) {
	t.Helper()
	used := map[int]int{} // by retrier
	for {
		v, name := w.attempt(t)
		if name == "" {
			w.checks++
			return v, true
		}
		w.failures++
		w.events += w.counts.Attempt
		if name == string(handler.TimedOut) {
			w.timedOut = true
			return v, false
		}
		entry, ok := w.machine.Retried("Check", name)
		if !ok {
			t.Fatalf("%s is not retried", name)
		}
		r := w.machine.States["Check"].Retry[entry.Index]
		if used[entry.Index] == r.MaxAttempts {
			return v, false
		}
		delay := float64(r.IntervalSeconds) * math.Pow(r.BackoffRate, float64(used[entry.Index]))
		w.pass(w.random * min(delay, float64(r.MaxDelaySeconds))) // full jitter
		used[entry.Index]++
	}
}

func (w *wait) attempt(t *testing.T) (handler.Verdict, string) {
	t.Helper()
	if w.down() && w.answer() == crash {
		w.asked++
		return handler.Verdict{}, "Runtime.ExitError"
	}
	event := fmt.Sprintf(`{"group_action_id":7,"started_at":%q,"timeout_seconds":%d}`, w.began.Format(time.RFC3339), int(week.Seconds()))
	v, err := w.step.Check(t.Context(), []byte(event))
	var named *handler.Error
	if errors.As(err, &named) {
		return v, string(named.Name)
	}
	return v, ""
}

func (w *wait) pass(seconds float64) {
	w.clock = w.clock.Add(time.Duration(seconds * float64(time.Second)))
}

func (w *wait) answer() int { return w.outage[w.asked%len(w.outage)] }

// RoundTrip is the tenant. It takes no time, which makes for the most checks.
func (w *wait) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := http.StatusOK, `{"reply":{"data":{"00000000000000000000000000000001":"PENDING"}}}`
	if w.down() {
		status, body = w.answer(), `{}`
		w.asked++
	}
	return &http.Response{
		StatusCode: status, Request: r, ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// storedSecret is Secrets Manager.
type storedSecret struct{}

func (storedSecret) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	value, version := `{"fqdn":"acme.xdr.us.paloaltonetworks.com","api_key_id":"7","api_key":"k","security_level":"standard"}`, "1"
	return &secretsmanager.GetSecretValueOutput{SecretString: &value, VersionId: &version}, nil
}
