package lambdatest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The [quotas] of a synchronous invocation, in bytes. Lambda lets a response be a little longer than an event.
//
// [quotas]: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	maxEvent    = 6 << 20
	maxResponse = maxEvent + 100
)

const (
	headerErrorType = "Lambda-Runtime-Function-Error-Type" // also a trailer
	trailerErrBody  = "Lambda-Runtime-Function-Error-Body"
)

// runtimeAPI serves the [Runtime API].
//
// [Runtime API]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (s *sandbox) runtimeAPI() http.Handler {
	const root = "/2018-06-01/runtime"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+root+"/invocation/next", s.next)
	mux.HandleFunc("POST "+root+"/invocation/{id}/response", s.response)
	mux.HandleFunc("POST "+root+"/invocation/{id}/error", s.functionError)
	mux.HandleFunc("POST "+root+"/init/error", s.failInit)
	return mux
}

// next blocks until there is an event.
func (s *sandbox) next(w http.ResponseWriter, r *http.Request) {
	s.asked.Do(func() { close(s.firstNext) })
	for {
		select {
		case <-r.Context().Done(): // the process has ended
			return
		case i := <-s.queue:
			if s.deliver(i) {
				s.send(w, i)
				return
			}
		}
	}
}

func (s *sandbox) send(w http.ResponseWriter, i *invocation) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(s.timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", functionARN)
	h.Set("Lambda-Runtime-Trace-Id", newTraceID())
	_, _ = w.Write(i.event) // to a process that has ended: watch tells
}

// response reads a response to its end, buffered or streamed. A stream that broke off tells so in its [trailers].
//
// [trailers]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
func (s *sandbox) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse+1))
	if err != nil {
		return // half an answer is none
	}
	id := r.PathValue("id")
	if len(body) > maxResponse {
		message := fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse)
		e := errorBody{message, "Function.ResponseSizeTooLarge"}
		s.settle(w, failure(id, "", e.json()), http.StatusRequestEntityTooLarge, e)
		return
	}
	reply := Reply{RequestID: id, Payload: body}
	if broken := r.Trailer.Get(headerErrorType); broken != "" {
		body, _ := base64.StdEncoding.DecodeString(r.Trailer.Get(trailerErrBody))
		reply = failure(id, broken, body)
	}
	s.settle(w, reply, http.StatusAccepted, accepted)
}

func (s *sandbox) functionError(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.settle(w, failure(r.PathValue("id"), r.Header.Get(headerErrorType), body), http.StatusAccepted, accepted)
}

// settle gives the reply to the caller and the status to the process.
func (s *sandbox) settle(w http.ResponseWriter, reply Reply, status int, body any) {
	i := s.take(reply.RequestID)
	if i == nil {
		writeJSON(w, http.StatusBadRequest, errorBody{"Invalid request ID", "InvalidRequestID"})
		return
	}
	reply.Duration = time.Since(i.began)
	i.settle(reply, nil)
	writeJSON(w, status, body)
}

// initGrace is for a process to end by itself after it has reported that it cannot start.
const initGrace = 500 * time.Millisecond

func (s *sandbox) failInit(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		return
	case s.initialized():
		writeJSON(w, http.StatusForbidden, errorBody{"State transition is not allowed", "InvalidStateTransition"})
		return
	}
	s.mu.Lock()
	s.initError = failure("", r.Header.Get(headerErrorType), body)
	s.mu.Unlock()
	time.AfterFunc(initGrace, s.kill)
	writeJSON(w, http.StatusAccepted, accepted)
}

var accepted = map[string]string{"status": "OK"}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
