package torture

import (
	"cmp"
	"context"
	"encoding/base64"
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
	want   string // a verdict or an error's name; with | between two if it depends on who is faster
	script string
	event  string // that the function gets; "" asks about action 1
}

// answers are scripts by what a check must make of them.
type answers map[string][]string

// kinds puts the same end to each of the scripts.
func (a answers) kinds(end string) (kinds []kind) {
	for _, want := range slices.Sorted(maps.Keys(a)) {
		for _, script := range a[want] {
			kinds = append(kinds, kind{want: want, script: script + end})
		}
	}
	return kinds
}

// TestOddAnswers lets the function meet every odd answer of the API, of Secrets Manager and of a forward proxy, whose
// password is as secret as the key.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	meetAll(t, (*testing.T).Parallel, "API", append(oddHeads.kinds("\r\n\r\nGOOD⟨end⟩"), oddAnswers.kinds("")...))
	meetAll(t, (*testing.T).Parallel, "Secrets Manager", oddSecrets.kinds(""))
	meetAll(t, (*testing.T).Parallel, "proxy", oddProxies.kinds(""))
	meetAll(t, (*testing.T).Parallel, "proxy to Secrets Manager", answers{"XDR.CredentialsUnavailable": oddProxies["XDR.Unavailable"]}.kinds(""))
}

// TestHostileReplies is the same with huge and deep replies and requests, one after the other: their times are of use.
func TestHostileReplies(t *testing.T) {
	meetAll(t, func(*testing.T) {}, "API", append(hostile.kinds("⟨end⟩"), hostileRequests...))
}

// meetAll lets the function, with both kinds of key, meet every kind of answer of one service.
func meetAll(t *testing.T, begin func(*testing.T), odd string, kinds []kind) {
	sum := newReport(t)
	sum.count("kinds", len(kinds))
	t.Run(odd, func(t *testing.T) {
		for n, k := range kinds {
			for m, level := range []string{"standard", "advanced"} {
				if long || m == n%2 { // one of the two, in turn
					t.Run(fmt.Sprintf("%.90q %.30q/%s", k.script, k.event, level), func(t *testing.T) {
						begin(t)
						k.meet(t, odd, level, sum)
					})
				}
			}
		}
	})
}

const (
	maxMemory    = 64               // MiB of the whole process: half of the function that the template makes
	maxAnswer    = 32 << 10         // bytes
	slowestCheck = 11 * time.Second // two fetches of five seconds: one that was under way, and its own
)

// meet makes a check and judges it: it ends, in time and in little memory, with the right name, and nothing of the key
// or of a signature comes out.
func (k kind) meet(t *testing.T, odd, level string, sum *report) {
	limit := slowestCheck
	if strings.HasPrefix(k.want, "XDR.Unavailable") { // the answer may never end
		limit = time.Second
	}
	server, f := k.start(t, odd, level, limit)
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 5*limit) // a busy machine must not spoil the others
	defer cancel()
	outcome, said := ask(ctx, t, f, cmp.Or(k.event, `{"group_action_id":1}`))
	took := int(time.Since(began).Milliseconds())
	kib := memory(f, "VmHWM")
	outcome, _, _ = strings.Cut(outcome, ",")
	if strings.HasSuffix(k.script, gone) {
		eventually(t, "the function hangs up", server.left.Load)
	}
	if !slices.Contains(strings.Split(k.want, "|"), outcome) || len(said) > maxAnswer {
		t.Errorf("%s, want %s, in %d bytes: %.400s", outcome, k.want, len(said), said+f.Output())
	}
	if kib/1024 > maxMemory {
		t.Errorf("%d KiB of memory, more than %d MiB", kib, maxMemory)
	}
	asked := strings.Split(strings.TrimSpace(server.sent.String()), "\n")
	noSecrets(t, said+f.Output(), asked...)
	if login := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+password)); strings.HasPrefix(odd, "proxy") && asked[0] != login {
		t.Errorf("the proxy was asked with %q", asked)
	}
	t.Logf("%s, %d ms, %d MiB", outcome, took, kib/1024)
	sum.count("checks", 1)
	sum.most("slowest in ms", took)
	sum.most("most memory in MiB", kib/1024)
}

// start starts the function with one odd service, and waits until it is ready.
func (k kind) start(t *testing.T, odd, level string, limit time.Duration) (*scripted, *lambdatest.Function) {
	sim := xdrtest.Start(t, tenant(level))
	server := serveScript(t, k.script, sim.SecretValue())
	env := map[string]string{"XDR_HTTP_TIMEOUT_SECONDS": fmt.Sprint(limit.Seconds())}
	api := sim.URL()
	secrets := api
	switch odd {
	case "API":
		api = server.url
	case "Secrets Manager":
		secrets = server.url
	case "proxy":
		api = "https://api-torture.example.invalid"
	case "proxy to Secrets Manager":
		secrets = "https://secrets.example.invalid"
	}
	if strings.HasPrefix(odd, "proxy") {
		env["HTTPS_PROXY"] = strings.Replace(server.url, "//", "//user:"+password+"@", 1)
	}
	sim.SetURL(api) // in the secret
	f := startFunction(t, api, secrets, lambdatest.Options{Timeout: time.Minute, Env: env})
	select {
	case <-f.FirstNext():
	case <-f.Exited():
	}
	return server, f
}
