package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// reply is one answer: a verdict, an error of the function (err alone), or an error of the service before it (err with a
// status).
type reply struct {
	outcome handler.Outcome
	reason  handler.Reason
	err     string
	status  int
	delay   time.Duration
}

// pick is the reply to the n-th call.
func pick(script []reply, n int) reply {
	if len(script) == 0 {
		return reply{}
	}
	return script[min(n, len(script))-1]
}

func (r reply) text(n int) string { return fmt.Sprintf("%s, call %d", r.err, n) }

// invoked is the answer to the n-th invocation.
func (r reply) invoked(w http.ResponseWriter, action json.RawMessage, n int) {
	switch {
	case r.status != 0:
		refuse(w, r.status, r.err, r.text(n))
	case r.err != "":
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		answer(w, http.StatusOK, map[string]string{"errorType": r.err, "errorMessage": r.text(n)})
	default:
		answer(w, http.StatusOK, r.verdict(action))
	}
}

func (r reply) verdict(action json.RawMessage) handler.Verdict {
	v := handler.Verdict{
		GroupActionID: action,
		Outcome:       r.outcome,
		Reason:        r.reason,
		CheckedAt:     time.Now().UTC().Format(time.RFC3339Nano), // no two verdicts are equal
	}
	switch r.outcome {
	case handler.Failed:
		v.FailedEndpoints = []handler.FailedEndpoint{{AgentID: "a", Status: "FAILED", Error: `"a" <b> é`}}
	case handler.Pending:
		v.WaitSeconds = 1
	case handler.Done:
	}
	return v
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
