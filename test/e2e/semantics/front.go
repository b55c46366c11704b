package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// front stands where an engine looks for AWS: it answers Invoke of Lambda and PutEvents of EventBridge, and remembers
// what it was asked. It tells executions apart by the action that they ask about.
type front struct {
	*httptest.Server
	mu    sync.Mutex
	plans map[string]*plan // by group_action_id
}

// plan is what the world does to one execution, and what it has seen of it.
type plan struct {
	testCase
	function http.Handler // the real one, where the case wants it

	mu        sync.Mutex
	calls     []*call
	announced []json.RawMessage // the details, of refused entries too
}

// call is one invocation; its verdict is empty where it failed.
type call struct {
	at               time.Time
	payload, verdict json.RawMessage
}

func startFront() *front {
	f := &front{plans: map[string]*plan{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", f.invoke)
	mux.HandleFunc("POST /{$}", f.putEvents)
	f.Server = httptest.NewServer(mux)
	return f
}

func (f *front) port() string { return f.URL[strings.LastIndexByte(f.URL, ':')+1:] }

func (f *front) expect(action string, p *plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plans[action] = p
}

// find reads which action a request, an envelope around it or a verdict is about.
func (f *front) find(text []byte) (*plan, json.RawMessage) {
	var about struct {
		ID     json.RawMessage `json:"group_action_id"`
		Detail struct {
			ID json.RawMessage `json:"group_action_id"`
		}
	}
	if json.Unmarshal(text, &about) != nil {
		return nil, nil
	}
	id := slices.Concat(about.ID, about.Detail.ID)
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.plans[string(id)], id
}

func (f *front) invoke(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	p, id := f.find(payload)
	if err != nil || p == nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestContentException", "nobody expects this action")
		return
	}
	c := &call{at: time.Now(), payload: payload}
	p.mu.Lock()
	p.calls = append(p.calls, c)
	n := len(p.calls)
	p.mu.Unlock()
	result := httptest.NewRecorder()
	if p.function != nil {
		r.Body = io.NopCloser(bytes.NewReader(payload))
		p.function.ServeHTTP(result, r)
	} else {
		script := pick(p.replies, n)
		select {
		case <-time.After(script.delay):
		case <-r.Context().Done():
			return
		}
		script.invoked(result, id, n)
	}
	if result.Code == http.StatusOK && result.Header().Get("X-Amz-Function-Error") == "" {
		p.mu.Lock()
		c.verdict = bytes.Clone(result.Body.Bytes())
		p.mu.Unlock()
	}
	maps.Copy(w.Header(), result.Header())
	w.WriteHeader(result.Code)
	_, _ = w.Write(result.Body.Bytes())
}

// putEvents answers [PutEvents] with one entry.
//
// [PutEvents]: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
func (f *front) putEvents(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Entries []struct{ Source, DetailType, Detail, EventBusName string }
	}
	err := json.NewDecoder(r.Body).Decode(&asked)
	if err != nil || len(asked.Entries) != 1 || r.Header.Get("X-Amz-Target") != "AWSEvents.PutEvents" {
		refuse(w, http.StatusBadRequest, "ValidationException", "want PutEvents with one entry")
		return
	}
	e := asked.Entries[0]
	p, _ := f.find([]byte(e.Detail))
	if p == nil || e.Source != "xdr-action-status" || e.DetailType != "XDR Action Finished" || e.EventBusName != busName {
		refuse(w, http.StatusBadRequest, "ValidationException", "nobody expects this event")
		return
	}
	p.mu.Lock()
	p.announced = append(p.announced, json.RawMessage(e.Detail))
	n := len(p.announced)
	p.mu.Unlock()
	pick(p.events, n).announced(w, n)
}
