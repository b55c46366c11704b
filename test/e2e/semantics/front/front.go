// Package front stands where an engine looks for AWS: it answers the call Invoke of Lambda and the call PutEvents of
// EventBridge, and remembers what it was asked. Behind Invoke is either a script of replies or the real function.
package front

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Front tells executions apart by the group_action_id that they ask about.
type Front struct {
	server *http.Server
	url    string

	mu   sync.Mutex
	plan map[int64]*Plan
}

// Plan is what the world does to one execution, and what it has seen of it.
type Plan struct {
	Function http.Handler // answers Invoke, if there is one; else Replies do
	Replies  []Reply      // one for each call, the last for all further ones
	Events   []Reply      // the same for PutEvents; without any, all are accepted

	mu        sync.Mutex
	payloads  []json.RawMessage
	called    []time.Time
	announced []json.RawMessage
}

// Payloads are the events that the function was invoked with.
func (p *Plan) Payloads() []json.RawMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.payloads)
}

// Span is the time from the first invocation to the last.
func (p *Plan) Span() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.called) == 0 {
		return 0
	}
	return p.called[len(p.called)-1].Sub(p.called[0])
}

// Announced are the entries of PutEvents, refused ones included.
func (p *Plan) Announced() []json.RawMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.announced)
}

// Start serves on a free loopback port.
func Start() (*Front, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	if err != nil {
		return nil, err
	}
	f := &Front{url: "http://" + listener.Addr().String(), plan: map[int64]*Plan{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", f.invoke)
	mux.HandleFunc("POST /{$}", f.putEvents)
	f.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = f.server.Serve(listener) }()
	return f, nil
}

// URL is the address, and Port its last part.
func (f *Front) URL() string { return f.url }

// Port is the port of the address.
func (f *Front) Port() string { return f.url[strings.LastIndexByte(f.url, ':')+1:] }

// Close ends the server and every call that it is still answering.
func (f *Front) Close() error { return f.server.Close() }

// Expect sets the plan for an action.
func (f *Front) Expect(action int64, p *Plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan[action] = p
}

// find reads the action that a payload, or the detail of an event, is about.
func (f *Front) find(payload []byte) (*Plan, error) {
	var about struct {
		Action json.Number `json:"group_action_id"`
	}
	if err := json.Unmarshal(payload, &about); err != nil {
		return nil, err
	}
	action, err := about.Action.Int64()
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.plan[action]; p != nil {
		return p, nil
	}
	return nil, errors.New("nobody expects action " + about.Action.String())
}

func (f *Front) invoke(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	p, err := f.find(payload)
	if err != nil {
		Reply{Status: http.StatusBadRequest, Error: "InvalidRequestContentException", Message: err.Error()}.invoked(w, 0)
		return
	}
	p.mu.Lock()
	p.payloads, p.called = append(p.payloads, payload), append(p.called, time.Now())
	n := len(p.payloads)
	p.mu.Unlock()
	if p.Function != nil {
		r.Body = io.NopCloser(strings.NewReader(string(payload)))
		p.Function.ServeHTTP(w, r)
		return
	}
	reply := pick(p.Replies, n)
	if !wait(r, reply.Delay) {
		return
	}
	var about struct {
		Action json.RawMessage `json:"group_action_id"`
	}
	_ = json.Unmarshal(payload, &about) // it was read before
	reply.action = about.Action
	reply.invoked(w, n)
}

func pick(script []Reply, n int) Reply {
	if len(script) == 0 {
		return Reply{}
	}
	return script[min(n, len(script))-1]
}

// wait tells whether the caller is still there.
func wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
