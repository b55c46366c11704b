package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// world stands where an engine looks for AWS: it answers Invoke of Lambda and PutEvents of EventBridge, and remembers
// what it was asked. It tells executions apart by the action that they ask about.
type world struct {
	*httptest.Server
	function   *lambdatest.Function  // the built bootstrap, in front of a simulated tenant
	executions map[string]*execution // by the action's id
}

func newWorld(ctx context.Context, t *lifetime, actions []xdrtest.Scenario) (*world, error) {
	dir, err := os.MkdirTemp("", "semantics-")
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	binary, err := lambdatest.Build(ctx, "cmd/lambda", dir, nil)
	if err != nil {
		return nil, err
	}
	sim := xdrtest.Start(t, xdrtest.Options{Scenarios: actions, RateLimit: -1})
	w := new(world)
	w.function = lambdatest.Start(t, lambdatest.Options{Binary: binary, Env: map[string]string{
		"XDR_SECRET_ID":                    "xdr/sim",
		"XDR_TENANT_SECRET_PREFIX":         "xdr/tenant-",
		"XDR_ALLOWED_ORIGINS":              sim.URL(),
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": sim.URL(),
		"XDR_MIN_WAIT_SECONDS":             "1",
	}})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", w.invoke)
	mux.HandleFunc("POST /{$}", w.putEvents)
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Close)
	return w, nil
}

// find reads which action a request, an envelope around it or a verdict is about.
func (w *world) find(text []byte) *execution {
	var about struct {
		ID     json.RawMessage `json:"group_action_id"`
		Detail map[string]json.RawMessage
	}
	_ = json.Unmarshal(text, &about) // else it is about none
	return w.executions[string(slices.Concat(about.ID, about.Detail["group_action_id"]))]
}

// invoke answers Invoke of Lambda.
func (w *world) invoke(out http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(r.Body)
	x := w.find(payload)
	if err != nil || x == nil {
		refuse(out, http.StatusBadRequest, "InvalidRequestContentException", "nobody expects this action")
		return
	}
	c, n := x.called(payload)
	var reply lambdatest.Reply
	if x.real != nil {
		reply, err = w.function.Invoke(r.Context(), payload)
	} else {
		reply, err = x.reply(r.Context(), n)
	}
	switch {
	case err != nil:
		refuse(out, http.StatusInternalServerError, err.Error(), message(err.Error(), n))
	case reply.Failed():
		out.Header().Set("X-Amz-Function-Error", "Unhandled")
		answer(out, http.StatusOK, json.RawMessage(reply.RawError))
	default:
		x.answered(c, reply.Payload)
		answer(out, http.StatusOK, json.RawMessage(reply.Payload))
	}
}

// putEvents answers [PutEvents] with one entry.
//
// [PutEvents]: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
func (w *world) putEvents(out http.ResponseWriter, r *http.Request) {
	var asked struct {
		Entries []struct{ Source, DetailType, Detail, EventBusName string }
	}
	err := json.NewDecoder(r.Body).Decode(&asked)
	if err != nil || len(asked.Entries) != 1 || r.Header.Get("X-Amz-Target") != "AWSEvents.PutEvents" {
		refuse(out, http.StatusBadRequest, "ValidationException", "want PutEvents with one entry")
		return
	}
	e := asked.Entries[0]
	x := w.find([]byte(e.Detail))
	if x == nil || e.Source != "xdr-action-status" || e.DetailType != "XDR Action Finished" || e.EventBusName != busName {
		refuse(out, http.StatusBadRequest, "ValidationException", "nobody expects this event")
		return
	}
	refused := x.offered(json.RawMessage(e.Detail)) <= x.refusals
	switch {
	case refused && x.byService:
		refuse(out, http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
	case refused:
		entry := map[string]string{"ErrorCode": "InternalFailure", "ErrorMessage": "none"}
		answer(out, http.StatusOK, map[string]any{"FailedEntryCount": 1, "Entries": []any{entry}})
	default:
		entry := map[string]string{"EventId": "00000000-0000-4000-8000-000000000001"}
		answer(out, http.StatusOK, map[string]any{"FailedEntryCount": 0, "Entries": []any{entry}})
	}
}

// refuse is how an AWS service says no, in both protocols that are spoken here.
func refuse(out http.ResponseWriter, status int, kind, message string) {
	out.Header().Set("X-Amzn-Errortype", kind)
	answer(out, status, map[string]string{"__type": kind, "message": message})
}

func answer(out http.ResponseWriter, status int, body any) {
	out.Header().Set("Content-Type", "application/json")
	out.Header().Set("X-Amzn-Requestid", "00000000-0000-4000-8000-000000000000") // an engine that finds none gives up
	out.WriteHeader(status)
	_ = json.NewEncoder(out).Encode(body)
}
