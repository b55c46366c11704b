package lambdatest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Reply is what the function answered to one event.
type Reply struct {
	RequestID string
	// Duration is the time from handing over the event to the whole answer.
	Duration time.Duration
	// Payload is the response, nil if the function reported an error.
	Payload []byte
	// ErrorType and ErrorMessage are read from the error that the function reported, if it has that form.
	ErrorType, ErrorMessage string
	// RawError is that error as it was posted, nil if there was none.
	RawError []byte
}

// Failed reports whether the function reported an error, even one without a type.
func (r Reply) Failed() bool { return r.RawError != nil }

type invocation struct {
	id      string
	event   []byte
	began   time.Time
	late    atomic.Bool // past the timeout
	settled chan Reply
}

// Invoke sends the event to the process when it asks for one, and waits for the answer. A Reply is what the function
// answers, even an error. It is an error if the process ends or runs out of time before it answers, or if ctx ends; the
// process then keeps an event that it has received.
func (f *Function) Invoke(ctx context.Context, event []byte) (Reply, error) {
	i := &invocation{id: rand.Text(), event: event, settled: make(chan Reply, 1)}
	queue := f.queue
	for {
		select {
		case queue <- i:
			queue = nil // once
		case reply := <-i.settled:
			return reply, nil
		case <-f.exited:
			return f.last(i)
		case <-ctx.Done():
			return Reply{}, fmt.Errorf("lambdatest: request %s: %w", i.id, context.Cause(ctx))
		}
	}
}

// last is the outcome of an invocation after the process has ended, perhaps right after its answer.
func (f *Function) last(i *invocation) (Reply, error) {
	select {
	case reply := <-i.settled:
		return reply, nil
	default:
	}
	if i.late.Load() {
		return Reply{}, fmt.Errorf("lambdatest: request %s: timed out after %v", i.id, f.timeout)
	}
	return Reply{}, fmt.Errorf("lambdatest: request %s: the process ended without an answer: %v\n%s",
		i.id, f.cmd.ProcessState, f.Stderr())
}

// runtimeAPI serves the [Runtime API].
//
// [Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (f *Function) runtimeAPI() http.Handler {
	const root = "/2018-06-01/runtime/invocation/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+root+"next", f.next)
	mux.HandleFunc("POST "+root+"{id}/response", f.answered)
	mux.HandleFunc("POST "+root+"{id}/error", f.answered)
	return mux
}

// next blocks until there is an event.
func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	f.asked.Do(func() { close(f.firstNext) })
	select {
	case <-r.Context().Done(): // the process has ended
	case i := <-f.queue:
		f.hand(w, i)
	}
}

// hand starts the time of the invocation, and sends the event.
func (f *Function) hand(w http.ResponseWriter, i *invocation) {
	i.began = time.Now()
	f.open.Store(i.id, i)
	time.AfterFunc(f.timeout, func() { f.expire(i) })
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(f.timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:lambdatest")
	h.Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0")
	_, _ = w.Write(i.event) // a process that has ended is seen in Invoke
}

func (f *Function) expire(i *invocation) {
	if _, open := f.open.LoadAndDelete(i.id); open {
		i.late.Store(true)
		f.Close()
	}
}

// answered gives an answer to the caller, and a status to the process.
func (f *Function) answered(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // half an answer is none
	}
	open, ok := f.open.LoadAndDelete(r.PathValue("id"))
	i, _ := open.(*invocation)
	if !ok {
		http.Error(w, `{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`, http.StatusBadRequest)
		return
	}
	reply := Reply{RequestID: i.id, Duration: time.Since(i.began)}
	if strings.HasSuffix(r.URL.Path, "/error") {
		var said struct{ ErrorType, ErrorMessage string }
		_ = json.Unmarshal(body, &said)
		reply.ErrorType = said.ErrorType
		reply.ErrorMessage = said.ErrorMessage
		reply.RawError = body
	} else {
		reply.Payload = body
	}
	i.settled <- reply
	w.WriteHeader(http.StatusAccepted)
}
