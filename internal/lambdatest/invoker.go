package lambdatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Invoker serves the call [Invoke] for this function, under whatever name, ARN or qualifier it is asked for.
// A process that has ended is started afresh for the next call.
//
// [Invoke]: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (f *Function) Invoker() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", f.serveInvoke)
	return mux
}

func (f *Function) serveInvoke(w http.ResponseWriter, r *http.Request) {
	id := newID()
	w.Header().Set("X-Amzn-Requestid", id) // Go's spelling; the name is matched without regard to case
	event, ok := readEvent(w, r)
	if !ok {
		return
	}
	i := newInvocation(id, event)
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		f.answer(w, r, i)
	case "Event":
		go func() { _, _ = f.run(context.WithoutCancel(r.Context()), i) }()
		w.WriteHeader(http.StatusAccepted)
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
	default:
		refuse(w, http.StatusBadRequest, "InvalidParameterValueException", "unknown invocation type "+kind)
	}
}

// readEvent reads and checks the payload; none is an empty object.
func readEvent(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	event, err := io.ReadAll(io.LimitReader(r.Body, maxEvent+1))
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, "InvalidRequestContentException", err.Error())
	case len(event) > maxEvent:
		_, _ = io.Copy(io.Discard, r.Body) // a caller that is cut off while it sends sees no status
		refuse(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException",
			fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", maxEvent))
	case len(event) == 0:
		return []byte("{}"), true
	case !json.Valid(event):
		refuse(w, http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json")
	default:
		return event, true
	}
	return nil, false
}

// refuse is how the service itself says no; the function has not run.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("X-Amzn-Errortype", kind)
	writeJSON(w, status, map[string]string{"Type": "User", "message": message})
}

func (f *Function) answer(w http.ResponseWriter, r *http.Request, i *invocation) {
	reply, err := f.run(r.Context(), i)
	if err != nil {
		body := crash(err)
		if body == nil {
			refuse(w, http.StatusInternalServerError, "ServiceException", err.Error())
			return
		}
		reply = failure(i.id, "", body.json())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amz-Executed-Version", functionVersion)
	if reply.Failed() {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		reply.Payload = reply.RawError
	}
	_, _ = w.Write(reply.Payload)
}

// run is Invoke in a sandbox that lives: an event that nobody received goes to the next one, unless the
// function cannot even start.
func (f *Function) run(ctx context.Context, i *invocation) (Reply, error) {
	for {
		s, err := f.revive()
		if err != nil {
			return Reply{}, err
		}
		reply, err := s.invoke(ctx, newInvocation(i.id, i.event))
		exit, ended := errors.AsType[*ExitError](err)
		if !ended || exit.Delivered || !s.initialized() {
			return reply, err
		}
	}
}

// crash is what Lambda answers in the place of a function that cannot answer any more; nil for another error.
func crash(err error) *errorBody {
	if e, ok := errors.AsType[*TimeoutError](err); ok {
		return &errorBody{
			fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", e.RequestID, e.Timeout.Seconds()),
			"Sandbox.Timedout",
		}
	}
	if e, ok := errors.AsType[*ExitError](err); ok {
		reason := "Runtime exited without providing a reason"
		if e.Code != 0 {
			reason = "Runtime exited with error: " + e.Status
		}
		return &errorBody{fmt.Sprintf("RequestId: %s Error: %s", e.RequestID, reason), "Runtime.ExitError"}
	}
	return nil
}
