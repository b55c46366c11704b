package xdrtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// Request is one API request as it arrived, and what came of it. Nothing is redacted, so that a test can look for what
// must not be there.
type Request struct {
	Number        int // from 1
	Time          time.Time
	Method        string
	Path          string
	Header        http.Header
	Body          []byte
	GroupActionID int64  // 0 unless the body was well-formed
	RequestID     string // X-Request-Id of the reply
	Status        int    // of the reply; 0 if the connection was reset
	Problem       string // why it was refused; "" if it was not
}

// Requests returns all API requests in the order of arrival.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// adminRoutes are the simulator's own paths, for people who run it by hand.
func (s *Sim) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sim/requests", s.listRequests)
	for path, change := range map[string]func(){"rotate": s.Rotate, "revoke": s.RevokeKey} {
		mux.HandleFunc("POST /_sim/"+path, func(w http.ResponseWriter, _ *http.Request) {
			change()
			w.WriteHeader(http.StatusNoContent)
		})
	}
	return mux
}

// listRequests leaves out headers and bodies: they hold credentials.
func (s *Sim) listRequests(w http.ResponseWriter, _ *http.Request) {
	type line struct {
		Number        int    `json:"number"`
		GroupActionID int64  `json:"group_action_id"`
		Status        int    `json:"status"`
		Problem       string `json:"problem"`
	}
	requests := s.Requests()
	lines := make([]line, len(requests))
	for i, q := range requests {
		lines[i] = line{Number: q.Number, GroupActionID: q.GroupActionID, Status: q.Status, Problem: q.Problem}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(lines) // the client may be gone
}
