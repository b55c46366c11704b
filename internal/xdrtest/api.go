package xdrtest

import (
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	statusPath   = "/public_api/v1/actions/get_action_status"
	validatePath = "/api_keys/validate" // with it, clients find out if their key is good
	maxBody      = 64 << 10
)

// question is the one body that the call takes.
var question = regexp.MustCompile(
	`^\s*\{\s*"request_data"\s*:\s*\{\s*"group_action_id"\s*:\s*(0|-?[1-9][0-9]*)\s*\}\s*\}\s*$`)

// action is an action that has been asked about.
type action struct {
	start time.Time
	asked int
}

// serveAPI decides, then logs, then sends: a client that has its reply finds it in Requests.
func (s *Sim) serveAPI(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody+1)) // a broken body is then refused as too short
	q := &Request{Method: r.Method, Path: r.URL.Path, Header: r.Header.Clone(), Body: body, RequestID: newUUID()}
	s.answer(q).send(w, r)
}

// answer judges a request in the API's order: first who asks and how often, then what is asked. Faults meet only
// requests that a working API would have answered.
func (s *Sim) answer(q *Request) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.Number = len(s.requests) + 1
	q.Time = s.o.Now()
	path, found := strings.CutPrefix(strings.TrimSuffix(q.Path, "/"), s.o.BasePath)
	a, faults := wrongPath(), []Fault(nil)
	if found && (path == statusPath || path == validatePath) {
		a, faults = s.judge(q, path)
	} else {
		q.Problem = "no such path"
	}
	a.header.Set("Date", q.Time.UTC().Format(http.TimeFormat))
	a.header.Set("X-Request-Id", q.RequestID)
	for _, f := range faults {
		f.apply(a, q.Time)
	}
	if !a.reset {
		q.Status = a.status
	}
	s.requests = append(s.requests, *q)
	s.o.Log.Info("api request", "number", q.Number, "group_action_id", q.GroupActionID,
		"status", q.Status, "problem", q.Problem)
	return a
}

// judge answers a request for a path that exists. It returns the faults that the answer meets.
func (s *Sim) judge(q *Request, path string) (*answer, []Fault) {
	if q.Method != http.MethodPost && (path != validatePath || q.Method != http.MethodGet) {
		q.Problem = "method is not POST"
		return refused(http.StatusMethodNotAllowed, q.Problem), nil
	}
	if q.Problem = s.authProblem(q.Header, q.Time); q.Problem != "" {
		return refused(http.StatusUnauthorized, nil), nil // a tenant does not say why
	}
	if !s.withinRate(q.Time) {
		q.Problem = "over the rate limit"
		return refused(http.StatusTooManyRequests, nil), nil
	}
	if path == validatePath {
		return newAnswer(http.StatusOK, "application/json", []byte(`"true"`)), hits(s.faults, q.Number)
	}
	if q.Problem = s.readQuestion(q); q.Problem != "" {
		return refused(http.StatusBadRequest, q.Problem), nil
	}
	return s.play(q)
}

// readQuestion checks the content type and the body, and takes the id out of it. It returns what is wrong.
func (s *Sim) readQuestion(q *Request) string {
	kind := q.Header.Get("Content-Type")
	mt, _, _ := mime.ParseMediaType(kind) // "" for what cannot be parsed
	m := question.FindSubmatch(q.Body)
	switch {
	case mt != "application/json" && (kind != "" || !s.o.Lenient):
		return "Content-Type is not application/json"
	case len(q.Body) > maxBody:
		return "body is too long"
	case m == nil:
		return `body is not {"request_data":{"group_action_id":<integer>}}`
	}
	id, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		return "group_action_id is out of range"
	}
	q.GroupActionID = id
	return ""
}

// withinRate allows as many requests in any one second as the limit says; refused ones do not count.
func (s *Sim) withinRate(now time.Time) bool {
	if s.o.RateLimit < 0 {
		return true
	}
	for len(s.accepted) > 0 && now.Sub(s.accepted[0]) >= time.Second {
		s.accepted = s.accepted[1:]
	}
	if len(s.accepted) >= s.o.RateLimit {
		return false
	}
	s.accepted = append(s.accepted, now)
	return true
}

// play answers from the scenario of the action, whose clock starts with the first question.
func (s *Sim) play(q *Request) (*answer, []Fault) {
	p := s.scenarios[q.GroupActionID]
	if p == nil {
		p = s.scenarios[0]
	}
	act := s.actions[q.GroupActionID]
	if act == nil {
		act = &action{start: q.Time}
		s.actions[q.GroupActionID] = act
	}
	act.asked++
	t := max(0, q.Time.Sub(act.start).Seconds()*s.o.Speed) // the later of two questions at a time may start the clock
	a := newAnswer(http.StatusOK, "application/json", p.reply(t))
	return a, append(hits(p.Faults, act.asked), hits(s.faults, q.Number)...)
}
