package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// reply is one answer: the members of a verdict, an error of the function (err alone), or an error of the service
// before it (err with a status).
type reply struct {
	verdict string
	err     string
	status  int
	delay   time.Duration
}

var (
	pending = reply{verdict: `"verdict": "pending", "reason": "in_progress", "wait_seconds": 2`}
	done    = reply{verdict: `"verdict": "done", "reason": "all_succeeded", "wait_seconds": 0`}
	lost    = reply{verdict: `"verdict": "failed", "failed_endpoints": [{"error": "\"a\" <b> é"}]`}
	late    = reply{err: "Nobody.Hears", delay: runTimeout} // where there is a limit
)

// raised is how an error of this name comes about: by the function, by the Lambda service, or by time passing.
func raised(name string) reply {
	code, service := strings.CutPrefix(name, "Lambda.")
	switch {
	case name == "States.Timeout":
		return late
	case service:
		return reply{err: code, status: 500}
	}
	return reply{err: name}
}

// pick is the reply to the n-th call.
func pick(script []reply, n int) reply {
	if len(script) == 0 {
		return reply{}
	}
	return script[min(n, len(script))-1]
}

func (r reply) text(n int) string { return fmt.Sprintf("%s, call %d", r.err, n) }

// invoked is the answer to the n-th invocation. No two verdicts are equal.
func (r reply) invoked(w http.ResponseWriter, action []byte, n int) {
	switch {
	case r.status != 0:
		refuse(w, r.status, r.err, r.text(n))
	case r.err != "":
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		answer(w, http.StatusOK, map[string]string{"errorType": r.err, "errorMessage": r.text(n)})
	default:
		verdict := fmt.Sprintf(`{"group_action_id": %s, "call": %d, %s}`, action, n, r.verdict)
		answer(w, http.StatusOK, json.RawMessage(verdict))
	}
}

// announced is the answer to the n-th call of PutEvents.
func (r reply) announced(w http.ResponseWriter, n int) {
	switch {
	case r.status != 0:
		refuse(w, r.status, r.err, r.text(n))
	case r.err != "":
		entry := map[string]string{"ErrorCode": r.err, "ErrorMessage": r.text(n)}
		answer(w, http.StatusOK, map[string]any{"FailedEntryCount": 1, "Entries": []any{entry}})
	default:
		entry := map[string]string{"EventId": "00000000-0000-4000-8000-000000000001"}
		answer(w, http.StatusOK, map[string]any{"FailedEntryCount": 0, "Entries": []any{entry}})
	}
}

// refuse is how an AWS service says no, in both protocols that are spoken here.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("X-Amzn-Errortype", kind)
	answer(w, status, map[string]string{"__type": kind, "message": message})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Requestid", "00000000-0000-4000-8000-000000000000") // an engine that finds none gives up
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
