package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"github.com/soarstep/xdr-action-status/internal/asl"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
	"github.com/soarstep/xdr-action-status/statemachine"
)

// newYear is when the time of testing/synctest begins.
var newYear = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// world is a tenant, its secret, their weather and the function, in virtual time. It is the transport of the step's
// client and its Secrets Manager. One wait at a time makes a check.
type world struct {
	t       *testing.T
	sum     *report
	machine asl.Machine
	waits   map[int64]*wait
	group   sync.WaitGroup

	cold     int           // one check in so many meets a new process
	capacity int           // reserved concurrency; 0 for no limit
	takes    time.Duration // time of a check; 0: random
	pace     time.Duration // between two checks, as a queue would keep it; 0: none

	mu       sync.Mutex // of what is below
	r        *rand.Rand
	step     *handler.Step
	weather  map[string][]spell
	free     time.Time       // when the queue may ask again
	busy     []time.Time     // ends of the checks under way
	answered []time.Time     // in the last second
	lags     []time.Duration // from the end of an action until it is known
}

// The kinds of weather.
const (
	apiDown     = "the API is down"
	throttled   = "the API throttles"
	secretsDown = "Secrets Manager is down"
	mixed       = "anything happens"
	lambdaDown  = "the function cannot be run"
	rotated     = "the key changes as it begins"
)

// spell is a time in which something is wrong.
type spell struct{ from, to time.Time }

func (s spell) covers(at time.Time) bool { return !at.Before(s.from) && at.Before(s.to) }

func newWorld(t *testing.T, number uint64, sum *report) *world {
	t.Helper()
	w := &world{
		t: t, sum: sum, r: random(number), machine: must(asl.Parse(statemachine.Source)), cold: 500,
		waits: make(map[int64]*wait), weather: make(map[string][]spell),
	}
	w.coldStart()
	return w
}

func (w *world) coldStart() {
	c := handler.DefaultConfig()
	c.SecretID = "xdr/x"
	w.step = &handler.Step{Config: c, Secrets: w, Random: w.r.Float64, XDR: &xdr.Client{Transport: w}}
}

// badWeather lasts for two weeks: waits begin in the first of them.
func (w *world) badWeather() {
	spells := func(what string, count int, most time.Duration) {
		for range count {
			from := newYear.Add(within(w.r, 2*week))
			w.weather[what] = append(w.weather[what], spell{from, from.Add(between(w.r, 5*time.Second, most))})
		}
	}
	spells(apiDown, 16, 12*time.Hour)
	spells(throttled, 8, 2*time.Hour)
	spells(mixed, 8, 12*time.Hour)
	spells(secretsDown, 10, 6*time.Hour)
	spells(lambdaDown, 6, 3*time.Hour)
	spells(rotated, 40, time.Hour)
}

// is reports whether the weather is like this.
func (w *world) is(what string) bool {
	return slices.ContainsFunc(w.weather[what], func(s spell) bool { return s.covers(time.Now()) })
}

// start starts a wait. If the request says when the action began, the execution may start later.
func (w *world) start(l *life) {
	started := l.began
	if l.dated {
		started = started.Add(min(l.deadline/2, within(w.r, 10*time.Minute)).Truncate(time.Millisecond))
	}
	x := &wait{
		life: l, world: w, name: fmt.Sprint("action--", l.id), started: started,
		used: make(map[int]int), events: asl.EventsStart,
	}
	w.waits[l.id] = x
	w.group.Go(x.run)
}

func (w *world) queue() {
	w.mu.Lock()
	turn := time.Now()
	if w.free.After(turn) {
		turn = w.free
	}
	w.free = turn.Add(w.pace)
	w.mu.Unlock()
	time.Sleep(time.Until(turn))
}

// refusal is Lambda's error if the function cannot be run now.
func (w *world) refusal() string {
	w.busy = slices.DeleteFunc(w.busy, func(end time.Time) bool { return !end.After(time.Now()) })
	switch {
	case w.capacity > 0 && len(w.busy) >= w.capacity:
		return "Lambda.TooManyRequestsException"
	case w.is(lambdaDown):
		return pickOne(w.r, "Lambda.ServiceException", "Lambda.CodeArtifactUserPendingException",
			"Lambda.ENILimitReachedException", "Lambda.Unknown", "Runtime.ExitError")
	}
	return ""
}

// version is that of the secret and of the key; the one before is dead at once.
func (w *world) version() string {
	n := 0
	for _, s := range w.weather[rotated] {
		if !time.Now().Before(s.from) {
			n++
		}
	}
	return fmt.Sprint(n)
}

func (w *world) GetSecretValue(
	context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	if w.is(secretsDown) {
		return nil, pickOne(w.r, error(&smithy.GenericAPIError{Code: "ThrottlingException"}), errors.New("connection reset"))
	}
	version := w.version()
	value := secretOf("https://api-x.xdr.us.paloaltonetworks.com", "7", canary+version, "standard")
	return &secretsmanager.GetSecretValueOutput{SecretString: &value, VersionId: &version}, nil
}

func secretOf(address, keyID, key, level string) string {
	return string(raw(map[string]string{"api_url": address, "api_key_id": keyID, "api_key": key, "security_level": level}))
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	unlucky := w.is(mixed)
	switch {
	case w.is(apiDown), unlucky && w.r.IntN(3) == 0:
		if w.r.IntN(3) == 0 {
			return nil, errors.New("connection reset")
		}
		return answer(pickOne(w.r, 500, 503), pickOne(w.r, `{"reply":{"err_code":500,"err_msg":"communication error"}}`, "<html>")), nil
	case r.Header.Get("Authorization") != canary+w.version():
		return answer(401, `{"reply":{"err_code":401,"err_msg":"Public API request unauthorized"}}`), nil
	case w.is(throttled), unlucky && w.r.IntN(3) == 0, w.overRate():
		return answer(429, `{"reply":{"err_code":429,"err_msg":"Too many requests."}}`), nil
	}
	var id int64
	if _, err := fmt.Fscanf(r.Body, `{"request_data":{"group_action_id":%d}}`, &id); err != nil {
		return answer(400, "{}"), nil
	}
	l := w.waits[id].life
	return answer(200, `{"reply":{"data":`+string(raw(l.statuses(time.Since(l.began))))+"}}"), nil
}

// overRate reports whether the tenant has already answered 10 requests in the last second.
func (w *world) overRate() bool {
	w.answered = slices.DeleteFunc(w.answered, func(at time.Time) bool { return time.Since(at) >= time.Second })
	if len(w.answered) >= 10 {
		w.sum.count(tooMany, 1)
		return true
	}
	w.answered = append(w.answered, time.Now())
	return false
}

func answer(status int, body string) *http.Response {
	w := httptest.NewRecorder()
	w.WriteHeader(status)
	_, _ = w.WriteString(body)
	return w.Result()
}
