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
	statusPath = "/public_api/v1/actions/get_action_status"
	maxBody    = 64 << 10
)

// question is the one body that the call takes.
var question = regexp.MustCompile(
	`^\s*\{\s*"request_data"\s*:\s*\{\s*"group_action_id"\s*:\s*(0|-?[1-9][0-9]*)\s*\}\s*\}\s*$`)

// refusal is what the API gives instead of an answer.
type refusal struct {
	status  int
	problem string
}

// serveAPI decides, then logs, then sends.
func (s *Sim) serveAPI(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody+1)) // a broken body is then refused as too short
	q := s.arrive(r, body)
	a := s.answer(&q)
	if !a.reset {
		q.Status = a.status
	}
	s.settle(q)
	a.header.Set("Date", q.Time.UTC().Format(http.TimeFormat))
	a.header.Set("X-Request-Id", q.RequestID)
	a.send(w, r)
}

// answer judges a request in the API's order: first who asks and how often, then what is asked. Faults meet only
// requests that a working API would have answered.
func (s *Sim) answer(q *Request) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, faults, no := s.accept(q)
	if no != nil {
		q.Problem = no.problem
		return errorAnswer(no.status, no.problem)
	}
	for _, f := range append(faults, hits(s.faults, q.Number)...) {
		f.apply(a, q.Time)
	}
	return a
}

// accept returns the answer of the scenario, and the faults of the scenario for it.
func (s *Sim) accept(q *Request) (*answer, []Fault, *refusal) {
	if strings.TrimSuffix(q.Path, "/") != s.o.BasePath+statusPath {
		return nil, nil, &refusal{http.StatusInternalServerError, "no such path"}
	}
	if q.Method != http.MethodPost {
		return nil, nil, &refusal{http.StatusMethodNotAllowed, "method is not POST"}
	}
	if problem := s.authProblem(q.Header, q.Time); problem != "" {
		return nil, nil, &refusal{http.StatusUnauthorized, problem}
	}
	if !s.withinRate(q.Time) {
		return nil, nil, &refusal{http.StatusTooManyRequests, "over the rate limit"}
	}
	if no := readQuestion(q); no != nil {
		return nil, nil, no
	}
	a, faults := s.play(q.GroupActionID, q.Time)
	return a, faults, nil
}

// readQuestion checks the content type and the body, and takes the id out of it.
func readQuestion(q *Request) *refusal {
	bad := func(problem string) *refusal { return &refusal{http.StatusBadRequest, problem} }
	if mt, _, err := mime.ParseMediaType(q.Header.Get("Content-Type")); err != nil || mt != "application/json" {
		return bad("Content-Type is not application/json")
	}
	if len(q.Body) > maxBody {
		return bad("body is too long")
	}
	m := question.FindSubmatch(q.Body)
	if m == nil {
		return bad(`body is not {"request_data":{"group_action_id":<integer>}}`)
	}
	id, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		return bad("group_action_id is out of range")
	}
	q.GroupActionID = id
	return nil
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

// play answers from the scenario for id, whose clock starts with the first question.
func (s *Sim) play(id int64, now time.Time) (*answer, []Fault) {
	p := s.scenarios[id]
	if p == nil {
		p = s.scenarios[0]
	}
	if p == nil {
		p = &script{}
	}
	act := s.actions[id]
	if act == nil {
		act = &action{start: now}
		s.actions[id] = act
	}
	act.asked++
	t := max(0, now.Sub(act.start).Seconds()*s.o.Speed) // the later of two questions at a time may start the clock
	a := jsonAnswer(http.StatusOK, func(w writer) { p.write(w, t) })
	return a, hits(p.Faults, act.asked)
}
