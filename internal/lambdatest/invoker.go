package lambdatest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

const maxPayload = 6 << 20

// Invoker serves the Invoke API in front of f, under any function name. A function that times out or exits stays
// gone: Lambda would start another one.
func (f *Function) Invoker() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", func(w http.ResponseWriter, r *http.Request) {
		event, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-Requestid", newUUID())
		if err != nil {
			w.Header().Set("X-Amzn-Errortype", "RequestTooLargeException")
			http.Error(w, `{"Type":"User","message":"Request must be smaller than 6291456 bytes"}`, http.StatusRequestEntityTooLarge)
			return
		}
		w.Header().Set("X-Amz-Executed-Version", "1")
		reply, err := f.Invoke(r.Context(), event)
		if err != nil {
			reply = lost(err)
		}
		if reply.ErrorType != "" {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
		_, _ = w.Write(reply.Payload) // a caller that is gone needs no answer
	})
	return mux
}

// lost is what Lambda says where the function said nothing.
func lost(err error) Reply {
	r := Reply{ErrorType: "Runtime.ExitError", ErrorMessage: err.Error()}
	var timeout timeoutError
	if errors.As(err, &timeout) {
		r.ErrorType = "Sandbox.Timedout"
	}
	r.Payload, _ = json.Marshal(map[string]string{"errorType": r.ErrorType, "errorMessage": r.ErrorMessage}) // two strings
	return r
}
