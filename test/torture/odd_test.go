package torture

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// kind is one kind of answer, and what a check must make of it.
type kind struct {
	name    string
	want    string // a verdict or an error's name; two with | between them where it depends on who is faster
	play    play
	event   string // that the function gets; "" asks about action 1
	early   bool   // begins when the connection does, before there is a request
	lingers bool   // goes on after the answer: look at the output when the other side has left
}

// plays are answers by their names.
type plays map[string]play

// all are answers that end alike.
func all(want string, of plays) []kind {
	var kinds []kind
	for _, name := range slices.Sorted(maps.Keys(of)) {
		kinds = append(kinds, kind{name: name, want: want, play: of[name]})
	}
	return kinds
}

// each is an answer for each text. They have the same form and end alike.
func each(want, what string, form func(string) play, texts ...string) []kind {
	var kinds []kind
	for _, text := range texts {
		kinds = append(kinds, kind{name: fmt.Sprintf("%s: %.90q", what, text), want: want, play: form(text)})
	}
	return kinds
}

func early(kinds []kind) []kind     { return with(kinds, func(k *kind) { k.early = true }) }
func lingering(kinds []kind) []kind { return with(kinds, func(k *kind) { k.lingers = true }) }

func with(kinds []kind, change func(*kind)) []kind {
	for n := range kinds {
		change(&kinds[n])
	}
	return kinds
}

// TestOddAnswers lets the function meet every odd answer of the API.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	meetAll(t, "API", slices.Concat(oddLines, oddHeaders, oddBodies, oddConnections, oddTexts, oddHeads), (*testing.T).Parallel)
}

// TestOddSecretsManager is the same with Secrets Manager as the odd one.
func TestOddSecretsManager(t *testing.T) {
	t.Parallel()
	meetAll(t, "Secrets Manager", oddSecrets, (*testing.T).Parallel)
}

// TestHostileReplies is the same with huge and deep replies and requests, one after the other: their times are of use.
func TestHostileReplies(t *testing.T) {
	meetAll(t, "API", slices.Concat(hostileReplies, hostileRequests), func(*testing.T) {})
}

// meetAll lets the function, with both kinds of key, meet every kind of answer of one service.
func meetAll(t *testing.T, odd string, kinds []kind, begin func(*testing.T)) {
	sum := newReport()
	sum.count("kinds", len(kinds))
	t.Run("cells", func(t *testing.T) {
		for n, k := range kinds {
			for m, level := range []string{"standard", "advanced"} {
				if long || m == n%2 { // one of the two, in turn
					t.Run(k.name+"/"+level, func(t *testing.T) {
						begin(t)
						meet(t, k, odd, level, sum)
					})
				}
			}
		}
	})
	sum.print(t)
}

const (
	maxMemory    = 64               // MiB of the whole process: half of the function that the template makes
	maxAnswer    = 32 << 10         // bytes
	slowestCheck = 11 * time.Second // two fetches of five seconds: one that was under way, and its own
)

// meet makes a check and judges it: it ends, in time and in little memory, with the right name, and nothing of the key
// or of a signature comes out.
func meet(t *testing.T, k kind, odd, level string, sum *report) {
	sim := xdrtest.Start(t, tenant(level))
	server := serveOdd(t, k, sim.SecretValue())
	api, secrets := sim.URL(), server.url
	if odd == "API" {
		api, secrets = secrets, api
		sim.SetURL(api) // in the secret
	}
	limit := slowestCheck
	if strings.HasPrefix(k.want, "XDR.Unavailable") { // the answer may never end
		limit = time.Second
	}
	f := startFunction(t, api, secrets, lambdatest.Options{
		Timeout: time.Minute,
		Env:     map[string]string{"XDR_HTTP_TIMEOUT_SECONDS": fmt.Sprint(limit.Seconds())},
	})
	select {
	case <-f.FirstNext():
	case <-f.Exited():
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 5*limit) // a busy machine must not spoil the others
	defer cancel()
	reply, err := f.Invoke(ctx, []byte(cmp.Or(k.event, `{"group_action_id":1}`)))
	took := int(time.Since(began).Milliseconds())
	kib, _ := memory(f.PID(), "VmHWM") // it may have ended
	outcome := reply.ErrorType
	if err != nil {
		outcome = err.Error()
	} else if !reply.Failed() {
		outcome = verdictOf(t, reply.Payload).Verdict
	}
	if k.lingers {
		eventually(t, "the function hangs up", server.left.Load)
	}
	said := string(reply.Payload) + string(reply.RawError)
	if !slices.Contains(strings.Split(k.want, "|"), outcome) || len(said) > maxAnswer {
		t.Errorf("%s, want %s, in %d bytes: %.400s", outcome, k.want, len(said), said+f.Output())
	}
	if kib/1024 > maxMemory {
		t.Errorf("%d KiB of memory, more than %d MiB", kib, maxMemory)
	}
	noSecrets(t, said+f.Output(), server.received()...)
	t.Logf("%s: %s, %d ms, %d MiB", k.name, outcome, took, kib/1024)
	sum.count("checks", 1)
	sum.most("slowest in ms", took)
	sum.most("most memory in MiB", kib/1024)
}
