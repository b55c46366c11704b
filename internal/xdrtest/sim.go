// Package xdrtest simulates what the action-status step talks to: the Cortex XDR call [Get Action Status], and the
// calls of [Secrets Manager] that return and write the secret with the API key, both on one address.
//
// It judges every request by itself, as the service would: path, content type, key or signature, replayed nonce, clock,
// rate limit and the exact body. What it answers follows a [Scenario], a timeline of each agent's status, which begins
// with the first question about the action. A [Fault] delays, replaces, cuts off or resets an answer.
//
// In a test, [Start] serves a [Sim] until the test ends; for people, cmd/xdrsim does.
//
// [Get Action Status]: https://docs-cortex.paloaltonetworks.com/r/Cortex-XDR-REST-API/Get-Action-Status
// [Secrets Manager]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
package xdrtest

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Options describe a [Sim]. The zero value is a tenant with an advanced key and no actions.
type Options struct {
	Scenarios     []Scenario       // looked up by GroupActionID; the one with id 0 answers for any other id
	Speed         float64          // seconds of a scenario in a second of Now; 0 means 1
	SecurityLevel string           // of the API key: "advanced" (default) or "standard"
	Key           string           // the first API key; default random
	BasePath      string           // prefix of the API's paths, such as "/tenant"
	RateLimit     int              // API requests in any one second of Now; 0 means 10, negative means no limit
	Lenient       bool             // take what tenants may take: a used nonce, JSON without a Content-Type
	Now           func() time.Time // dates replies, judges signatures and drives scenarios; default time.Now
	SecretID      string           // name of the secret; default "xdr/sim"
	SecretAliases []string         // further names of the same secret
	Log           *slog.Logger     // one line a request, never a key; nil is silent
}

// Sim is a simulated tenant and the secret with its API key. It is an [http.Handler], safe for concurrent use.
type Sim struct {
	o     Options
	admin *http.ServeMux
	url   string

	mu           sync.Mutex
	key          string
	nonces       map[string]bool
	accepted     []time.Time // the newest requests within the rate limit
	scenarios    map[int64]Scenario
	actions      map[int64]*action
	faults       []Fault
	requests     []Request
	secrets      map[string]*secret // by name; the aliases are one
	secretFaults []Fault
	secretCalls  []SecretCall
	want         int // API requests that a test expects; below 0 for any number
	wantSecrets  int // and Secrets Manager calls
}

type action struct {
	start time.Time
	asked int
}

// New returns a Sim to be served by the caller, who also sets its address with [Sim.SetURL].
func New(o Options) *Sim {
	o.SecurityLevel = cmp.Or(o.SecurityLevel, "advanced")
	o.BasePath = strings.TrimSuffix(o.BasePath, "/")
	o.RateLimit = cmp.Or(o.RateLimit, 10)
	o.Speed = cmp.Or(o.Speed, 1)
	o.SecretID = cmp.Or(o.SecretID, "xdr/sim")
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Sim{
		o:           o,
		admin:       http.NewServeMux(),
		nonces:      map[string]bool{},
		scenarios:   map[int64]Scenario{},
		actions:     map[int64]*action{},
		requests:    []Request{},
		secrets:     map[string]*secret{},
		want:        -1,
		wantSecrets: -1,
	}
	tenant := new(secret)
	for _, name := range append([]string{o.SecretID}, o.SecretAliases...) {
		s.secrets[name] = tenant
	}
	for _, sc := range o.Scenarios {
		s.scenarios[sc.GroupActionID] = sc.expanded()
	}
	s.admin.HandleFunc("GET /_sim/requests", s.listRequests)
	for name, change := range map[string]func(){"rotate": s.Rotate, "revoke": s.RevokeKey} {
		s.admin.HandleFunc("POST /_sim/"+name, func(w http.ResponseWriter, _ *http.Request) {
			change()
			w.WriteHeader(http.StatusNoContent)
		})
	}
	s.RotateTo(cmp.Or(o.Key, newKey()))
	return s
}

// ServeHTTP serves the simulator's own paths, calls in the AWS JSON protocol (always POST / with a target header), and
// the XDR API for all the rest.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/_sim/"): // for people who run it by hand
		s.admin.ServeHTTP(w, r)
	case r.URL.Path == "/" && r.Header.Get("X-Amz-Target") != "":
		s.serveSecret(w, r)
	default:
		s.serveAPI(w, r)
	}
}

func (s *Sim) listRequests(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.Requests()) // the client may be gone
}

// SetURL says, before anyone asks, under which address the Sim is served, such as "http://127.0.0.1:8080". The secret
// has it too.
func (s *Sim) SetURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.url = strings.TrimSuffix(url, "/")
	s.put("SecretString", s.secretValue())
}

// URL returns the address of the Sim: the allowed origin, and the Secrets Manager endpoint.
func (s *Sim) URL() string { return s.url }

// APIURL returns the api_url of the secret: URL and the base path.
func (s *Sim) APIURL() string { return s.url + s.o.BasePath }

// Key returns the API key that is valid now.
func (s *Sim) Key() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key
}

// Rotate replaces the API key by a random one, see [Sim.RotateTo].
func (s *Sim) Rotate() { s.RotateTo(newKey()) }

// RotateTo replaces the API key, and at the same moment puts it in a new version of the secret.
func (s *Sim) RotateTo(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
	s.put("SecretString", s.secretValue())
}

// RevokeKey replaces the API key by a random one that the secret does not get: its key is now wrong.
func (s *Sim) RevokeKey() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = newKey()
}

// newKey returns a random key of a real one's length.
func newKey() string {
	return (rand.Text() + rand.Text() + rand.Text() + rand.Text() + rand.Text())[:128]
}

// AddFaults adds faults whose numbers count all API requests of the Sim.
func (s *Sim) AddFaults(f ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f...)
}

// AddSecretFaults adds faults whose numbers count the Secrets Manager calls.
func (s *Sim) AddSecretFaults(f ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secretFaults = append(s.secretFaults, f...)
}

// TB is the part of testing.TB that a Sim needs.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(f func())
}

// Start serves a Sim on a free loopback port until the test ends.
func Start(t TB, o Options) *Sim {
	t.Helper()
	s := New(o)
	server := httptest.NewServer(s)
	s.SetURL(server.URL)
	t.Cleanup(func() {
		server.CloseClientConnections() // ends answers that are being delayed
		server.Close()
		if n := len(s.Requests()); s.want >= 0 && n != s.want {
			t.Errorf("xdrtest: %d API requests, want %d", n, s.want)
		}
		if n := len(s.SecretCalls()); s.wantSecrets >= 0 && n != s.wantSecrets {
			t.Errorf("xdrtest: %d Secrets Manager calls, want %d", n, s.wantSecrets)
		}
	})
	return s
}

// Expect makes the end of the test demand exactly n API requests in the life of a Sim made by [Start].
func (s *Sim) Expect(n int) { s.want = n }

// ExpectSecretCalls is [Sim.Expect] for Secrets Manager calls.
func (s *Sim) ExpectSecretCalls(n int) { s.wantSecrets = n }
