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
