package lambdatest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Reply is what an invocation came to.
type Reply struct {
	RequestID    string
	Payload      []byte // as the function posted it; for an error its error object
	ErrorType    string // "" for success
	ErrorMessage string
}

// invocation is one event on its way through the function.
type invocation struct {
	id    string
	event []byte
	reply chan Reply
}

// Invoke sends an event and waits for the answer. An error means that there will be none: ctx ended, the function's
// time was up, or the process did.
func (f *Function) Invoke(ctx context.Context, event []byte) (Reply, error) {
	i := &invocation{id: newUUID(), event: event, reply: make(chan Reply, 1)}
	select {
	case f.queue <- i:
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	case <-f.exited:
		return Reply{}, exitError{f.process.ProcessState.ExitCode()}
	}
	timeout := time.NewTimer(f.o.Timeout)
	defer timeout.Stop()
	select {
	case r := <-i.reply:
		return r, nil
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	case <-timeout.C:
		return Reply{}, timeoutError{f.o.Timeout}
	case <-f.exited:
		return Reply{}, exitError{f.process.ProcessState.ExitCode()}
	}
}

type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string {
	return fmt.Sprintf("Task timed out after %.2f seconds", e.after.Seconds())
}

type exitError struct{ code int }

func (e exitError) Error() string {
	return fmt.Sprintf("Runtime exited with error: exit status %d", e.code)
}

func (f *Function) runtimeAPI() http.Handler {
	const base = "/2018-06-01/runtime/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"invocation/next", f.next)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		f.settle(w, r, func(body []byte) Reply { return Reply{Payload: body} })
	})
	mux.HandleFunc("POST "+base+"invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		f.settle(w, r, func(body []byte) Reply {
			var e struct{ ErrorType, ErrorMessage string }
			if err := json.Unmarshal(body, &e); err != nil {
				e.ErrorType = "not JSON: " + err.Error()
			}
			return Reply{Payload: body, ErrorType: e.ErrorType, ErrorMessage: e.ErrorMessage}
		})
	})
	return mux
}

// next hands out one event, with the headers that Lambda sends.
func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	f.once.Do(func() { close(f.first) })
	select {
	case <-r.Context().Done():
	case i := <-f.queue:
		f.mu.Lock()
		f.running[i.id] = i
		f.mu.Unlock()
		h := w.Header()
		h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(f.o.Timeout).UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:status:1")
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0")
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(i.event) // a process that is gone is noticed as such
	}
}

// settle takes the answer to an event that was handed out.
func (f *Function) settle(w http.ResponseWriter, r *http.Request, read func([]byte) Reply) {
	body, err := io.ReadAll(r.Body)
	f.mu.Lock()
	i := f.running[r.PathValue("id")]
	delete(f.running, r.PathValue("id"))
	f.mu.Unlock()
	if err != nil || i == nil {
		http.Error(w, `{"errorType":"InvalidRequestID","errorMessage":"no such invocation"}`, http.StatusBadRequest)
		return
	}
	reply := read(body)
	reply.RequestID = i.id
	w.WriteHeader(http.StatusAccepted)
	i.reply <- reply
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
