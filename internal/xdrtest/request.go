package xdrtest

import (
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
	Status        int    // of the reply; 0 if the connection was reset, or before the reply is known
	Problem       string // why it was refused; "" if it was not
}

// Requests returns all API requests in the order of arrival.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// arrive numbers and logs a request, before anything is known of its answer.
func (s *Sim) arrive(r *http.Request, body []byte) Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := Request{
		Number:    len(s.requests) + 1,
		Time:      s.o.Now(),
		Method:    r.Method,
		Path:      r.URL.Path,
		Header:    r.Header.Clone(),
		Body:      body,
		RequestID: newUUID(),
	}
	s.requests = append(s.requests, q)
	return q
}

// settle logs how a request ends. It comes before the reply is sent, so that a client that has its reply finds it in
// Requests.
func (s *Sim) settle(q Request) {
	s.mu.Lock()
	s.requests[q.Number-1] = q
	s.mu.Unlock()
	s.o.Log.Info("api request", "number", q.Number, "group_action_id", q.GroupActionID,
		"status", q.Status, "problem", q.Problem)
}
