package front

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// Reply is one answer: a verdict, an error of the function (Error alone), or an error of the service before it
// (Error with a Status).
type Reply struct {
	Outcome handler.Outcome
	Reason  handler.Reason
	Error   string
	Message string
	Status  int
	Delay   time.Duration

	action json.RawMessage
}

// Text is the message of the n-th error.
func (r Reply) Text(n int) string {
	if r.Message != "" {
		return r.Message
	}
	return fmt.Sprintf("%s, call %d", r.Error, n)
}

func (r Reply) invoked(w http.ResponseWriter, n int) {
	switch {
	case r.Status != 0:
		refuse(w, r.Status, r.Error, r.Text(n))
	case r.Error != "":
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		answer(w, http.StatusOK, map[string]string{"errorType": r.Error, "errorMessage": r.Text(n)})
	default:
		answer(w, http.StatusOK, r.verdict())
	}
}

// verdict is a whole one: a workflow may read any field.
func (r Reply) verdict() handler.Verdict {
	v := handler.Verdict{
		GroupActionID:    r.action,
		Outcome:          r.Outcome,
		Reason:           r.Reason,
		Endpoints:        handler.Endpoints{Total: 1},
		Statuses:         map[string]int{},
		FailedEndpoints:  []handler.FailedEndpoint{},
		PendingEndpoints: []string{},
		UnknownStatuses:  []string{},
		CheckedAt:        time.Now().UTC().Format(time.RFC3339),
	}
	const agent = "00000000000000000000000000000001"
	switch r.Outcome {
	case handler.Done:
		v.Endpoints.Succeeded, v.Statuses["COMPLETED_SUCCESSFULLY"] = 1, 1
	case handler.Failed:
		v.Endpoints.Failed, v.Statuses["FAILED"] = 1, 1
		v.FailedEndpoints = append(v.FailedEndpoints, handler.FailedEndpoint{AgentID: agent, Status: "FAILED", Error: `"a" <b> é`})
	case handler.Pending:
		v.Endpoints.Pending, v.Statuses["PENDING"], v.WaitSeconds = 1, 1, 1
		v.PendingEndpoints = append(v.PendingEndpoints, agent)
	}
	return v
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
