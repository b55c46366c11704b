package xdrtest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"uuid"
)

// KeyID is the id of the API key.
const KeyID = "7"

const (
	statusPath   = "/public_api/v1/actions/get_action_status"
	validatePath = "/api_keys/validate" // with it, clients find out if their key is good
	maxBody      = 64 << 10
	maxSkew      = 15 * time.Minute // from the Sim's time to that of a signature
)

var (
	validNonce = regexp.MustCompile(`^[A-Za-z0-9]{64}$`)

	// question is the one body that the call takes.
	question = regexp.MustCompile(
		`^\s*\{\s*"request_data"\s*:\s*\{\s*"group_action_id"\s*:\s*(0|-?[1-9][0-9]*)\s*\}\s*\}\s*$`)
)

// Request is one API request, and what came of it. Its JSON form is for people, and leaves out what holds credentials.
type Request struct {
	Number        int         `json:"number"` // from 1
	Time          time.Time   `json:"-"`
	Header        http.Header `json:"-"`               // as it arrived
	GroupActionID int64       `json:"group_action_id"` // 0 unless the body was well-formed
	Status        int         `json:"status"`          // of the reply; 0 if the connection was reset
	Problem       string      `json:"problem"`         // why it was refused; "" if it was not

	method, path string
	body         []byte
}

// Requests returns all API requests in the order of arrival.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// serveAPI decides, then logs, then sends: a client that has its reply finds it in Requests.
func (s *Sim) serveAPI(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody+1)) // a broken body is then refused as too short
	q := Request{Header: r.Header.Clone(), method: r.Method, path: r.URL.Path, body: body}
	s.answer(q).send(w, r)
}

func (s *Sim) answer(q Request) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.Number = len(s.requests) + 1
	q.Time = s.o.Now()
	a, faults := s.judge(&q)
	a.header.Set("Date", q.Time.UTC().Format(http.TimeFormat))
	a.header.Set("X-Request-Id", uuid.New().String())
	for _, f := range faults {
		a.meet(f, q.Time)
	}
	if !a.wrong.Reset {
		q.Status = a.status
	}
	s.requests = append(s.requests, q)
	s.o.Log.Info("api request", "number", q.Number, "group_action_id", q.GroupActionID,
		"status", q.Status, "problem", q.Problem)
	return a
}

// judge answers a request in the API's order: first who asks and how often, then what is asked. It returns the faults
// that the answer meets: only a request that a working API would have answered meets any.
func (s *Sim) judge(q *Request) (*answer, []Fault) {
	path, found := strings.CutPrefix(strings.TrimSuffix(q.path, "/"), s.o.BasePath)
	if !found || path != statusPath && path != validatePath {
		q.Problem = "no such path"
		return wrongPath(), nil
	}
	if q.method != http.MethodPost && (path != validatePath || q.method != http.MethodGet) {
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

// authProblem returns what is wrong with a request's credentials; "" if nothing is. Each nonce is used up, that of a
// refused request too.
func (s *Sim) authProblem(h http.Header, now time.Time) string {
	nonce := h.Get("X-Xdr-Nonce")
	stamp := h.Get("X-Xdr-Timestamp")
	proof := h.Get("Authorization")
	replayed := !s.o.Lenient && s.nonces[nonce]
	s.nonces[nonce] = true
	for _, name := range []string{"X-Xdr-Auth-Id", "Authorization", "X-Xdr-Nonce", "X-Xdr-Timestamp"} {
		if len(h.Values(name)) > 1 {
			return name + " appears more than once"
		}
	}
	rules := []rule{{h.Get("X-Xdr-Auth-Id") != KeyID, "x-xdr-auth-id is not the key's"}}
	if s.o.SecurityLevel == "standard" {
		return broken(append(rules,
			rule{h["X-Xdr-Nonce"] != nil || h["X-Xdr-Timestamp"] != nil, "a standard key takes no signature"},
			rule{proof != s.key, "Authorization is not the key"}))
	}
	sum := sha256.Sum256([]byte(s.key + nonce + stamp))
	ms, err := strconv.ParseInt(stamp, 10, 64)
	return broken(append(rules,
		rule{!validNonce.MatchString(nonce), "x-xdr-nonce is not 64 letters and digits"},
		rule{replayed, "x-xdr-nonce was used before"},
		rule{err != nil, "x-xdr-timestamp is not in milliseconds"},
		rule{now.Sub(time.UnixMilli(ms)).Abs() > maxSkew, "x-xdr-timestamp is too far from the server's time"},
		rule{proof != hex.EncodeToString(sum[:]), "Authorization is not the signature"}))
}

// rule is what must not be so, and what to say if it is.
type rule struct {
	broken  bool
	problem string
}

// broken returns the problem of the first broken rule; "" if there is none.
func broken(rules []rule) string {
	for _, r := range rules {
		if r.broken {
			return r.problem
		}
	}
	return ""
}

// readQuestion checks the content type and the body, and takes the id out of it. It returns what is wrong.
func (s *Sim) readQuestion(q *Request) string {
	kind := q.Header.Get("Content-Type")
	mt, _, _ := mime.ParseMediaType(kind) // "" for what cannot be parsed
	m := question.FindSubmatch(q.body)
	switch {
	case mt != "application/json" && (kind != "" || !s.o.Lenient):
		return "Content-Type is not application/json"
	case len(q.body) > maxBody:
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
	s.accepted = slices.DeleteFunc(s.accepted, func(t time.Time) bool { return now.Sub(t) >= time.Second })
	if len(s.accepted) >= s.o.RateLimit {
		return false
	}
	s.accepted = append(s.accepted, now)
	return true
}

// play answers from the scenario of the action, whose clock starts with the first question.
func (s *Sim) play(q *Request) (*answer, []Fault) {
	p, ok := s.scenarios[q.GroupActionID]
	if !ok {
		p = s.scenarios[0]
	}
	act := s.actions[q.GroupActionID]
	if act == nil {
		act = &action{start: q.Time}
		s.actions[q.GroupActionID] = act
	}
	act.asked++
	a := newAnswer(http.StatusOK, "application/json", p.reply(q.Time.Sub(act.start).Seconds()*s.o.Speed))
	return a, append(hits(p.Faults, act.asked), hits(s.faults, q.Number)...)
}
