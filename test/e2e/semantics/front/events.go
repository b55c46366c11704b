package front

import (
	"encoding/json"
	"net/http"
)

// entry is the part of an event that is read here.
type entry struct{ Detail string }

// putEvents answers [PutEvents] with one entry. An Error without a Status refuses the entry, one with a Status the call.
//
// [PutEvents]: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
func (f *Front) putEvents(w http.ResponseWriter, r *http.Request) {
	var call struct{ Entries []json.RawMessage }
	var e entry
	if target := r.Header.Get("X-Amz-Target"); target != "AWSEvents.PutEvents" {
		refuse(w, http.StatusBadRequest, "UnknownOperationException", target)
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&call); err != nil || len(call.Entries) != 1 || json.Unmarshal(call.Entries[0], &e) != nil {
		refuse(w, http.StatusBadRequest, "ValidationException", "want one entry with a detail that is a string")
		return
	}
	p, err := f.find([]byte(e.Detail))
	if err != nil {
		refuse(w, http.StatusBadRequest, "ValidationException", err.Error())
		return
	}
	p.mu.Lock()
	p.announced = append(p.announced, call.Entries[0])
	n := len(p.announced)
	p.mu.Unlock()
	reply := pick(p.Events, n)
	switch {
	case reply.Status != 0:
		refuse(w, reply.Status, reply.Error, reply.Text(n))
	case reply.Error != "":
		answer(w, http.StatusOK, entries(1, map[string]string{"ErrorCode": reply.Error, "ErrorMessage": reply.Text(n)}))
	default:
		answer(w, http.StatusOK, entries(0, map[string]string{"EventId": "00000000-0000-4000-8000-000000000001"}))
	}
}

func entries(failed int, e map[string]string) map[string]any {
	return map[string]any{"FailedEntryCount": failed, "Entries": []any{e}}
}
