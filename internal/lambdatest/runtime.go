package lambdatest

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// runtimeAPI serves the [Runtime API].
//
// [Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (f *Function) runtimeAPI() http.Handler {
	const root = "/2018-06-01/runtime/invocation/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+root+"next", f.next)
	mux.HandleFunc("POST "+root+"{id}/response", func(w http.ResponseWriter, r *http.Request) {
		f.answered(w, r, func(id string, body []byte) Reply { return Reply{RequestID: id, Payload: body} })
	})
	mux.HandleFunc("POST "+root+"{id}/error", func(w http.ResponseWriter, r *http.Request) {
		f.answered(w, r, failure)
	})
	return mux
}

// next blocks until there is an event.
func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	f.asked.Do(func() { close(f.firstNext) })
	select {
	case <-r.Context().Done(): // the process has ended
	case i := <-f.queue:
		f.send(w, i)
	}
}

// send starts the time of an invocation, and sends its event.
func (f *Function) send(w http.ResponseWriter, i *invocation) {
	f.mu.Lock()
	i.began = time.Now()
	f.mu.Unlock()
	time.AfterFunc(f.timeout, func() { f.expire(i) })
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(f.timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", functionARN)
	h.Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0")
	_, _ = w.Write(i.event) // watch sees a process that has ended
}

// answered gives an answer to the caller, and a status to the process.
func (f *Function) answered(w http.ResponseWriter, r *http.Request, read func(id string, body []byte) Reply) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // half an answer is none
	}
	i := f.take(r.PathValue("id"))
	if i == nil {
		http.Error(w, `{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`, http.StatusBadRequest)
		return
	}
	reply := read(i.id, body)
	reply.Duration = time.Since(i.began)
	i.settle(reply, nil)
	w.WriteHeader(http.StatusAccepted)
}

// add puts an invocation into the table; false once the process has ended.
func (f *Function) add(i *invocation) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		return false
	}
	f.open[i.id] = i
	return true
}

// take removes an invocation from the table; nil if it is not there.
func (f *Function) take(id string) *invocation {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.open[id]
	delete(f.open, id)
	return i
}

// expire ends an invocation that is open past its deadline, and the process with it.
func (f *Function) expire(i *invocation) {
	if f.take(i.id) == nil {
		return
	}
	f.Close()
	i.settle(Reply{}, fmt.Errorf("lambdatest: request %s: timed out after %v", i.id, f.timeout))
}

// Invoker answers the call [Invoke], for any function name. A function error is a reply. A process that has ended is an
// error of the service, where Lambda would start another one.
//
// [Invoke]: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (f *Function) Invoker() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller is gone
		}
		reply, err := f.Invoke(r.Context(), event)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("X-Amzn-Requestid", reply.RequestID)
		h.Set("X-Amz-Executed-Version", functionVersion)
		if reply.Failed() {
			h.Set("X-Amz-Function-Error", "Unhandled")
		}
		_, _ = w.Write(append(reply.Payload, reply.RawError...)) // one of them is empty
	})
}
