package xdrtest

import "net/http/httptest"

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
	s.apiBudget.t = t
	s.secretBudget.t = t
	t.Cleanup(func() {
		server.CloseClientConnections() // ends answers that are being delayed
		server.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.apiBudget.settle("API requests", len(s.requests))
		s.secretBudget.settle("Secrets Manager calls", len(s.secretCalls))
	})
	return s
}

// Expect demands exactly n API requests in the life of a Sim made by [Start]: a surplus one fails the test as it
// arrives, a missing one at the end.
func (s *Sim) Expect(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apiBudget.demand(n)
}

// ExpectSecretCalls is [Sim.Expect] for Secrets Manager calls.
func (s *Sim) ExpectSecretCalls(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secretBudget.demand(n)
}

// budget is the number of requests that a test expects.
type budget struct {
	t    TB
	set  bool
	want int
}

func (b *budget) demand(n int) {
	b.set = true
	b.want = n
}

func (b *budget) spend(what string, number int) {
	if b.set && number > b.want {
		b.t.Errorf("xdrtest: surplus: number %d of %d %s", number, b.want, what)
	}
}

func (b *budget) settle(what string, got int) {
	if b.set && got < b.want {
		b.t.Errorf("xdrtest: missing: %d of %d %s", got, b.want, what)
	}
}
