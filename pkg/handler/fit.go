package handler

import "strings"

// maxVerdict bounds a verdict's JSON, in bytes: with an event of [maxEvent] it stays under the 256 KiB that a state of
// Step Functions may hold.
const maxVerdict = 32 << 10

// restSize is more than the JSON takes of what has no bound of its own below: names, numbers, times, and an execution
// of 80 characters at six bytes each.
const restSize = 1_536

// fit takes entries off the lists until the verdict is short enough, first those that failed.
func (v *Verdict) fit() {
	room := maxVerdict - restSize - len(v.Context)
	for status := range v.Statuses {
		room -= jsonSize(status) + len(":100000,")
	}
	for _, status := range v.UnknownStatuses {
		room -= jsonSize(status)
	}
	pending := fitting(v.PendingEndpoints, &room, jsonSize)
	failed := fitting(v.FailedEndpoints, &room, FailedEndpoint.size)
	v.Truncated = v.Truncated || pending < len(v.PendingEndpoints) || failed < len(v.FailedEndpoints)
	v.PendingEndpoints = v.PendingEndpoints[:pending]
	v.FailedEndpoints = v.FailedEndpoints[:failed]
}

// fitting counts the entries for which there is room, and takes it.
func fitting[T any](list []T, room *int, size func(T) int) int {
	for i, e := range list {
		if *room < size(e) {
			return i
		}
		*room -= size(e)
	}
	return len(list)
}

func (e FailedEndpoint) size() int {
	return jsonSize(e.AgentID) + jsonSize(string(e.Status)) + jsonSize(e.Error) + len(`{"agent_id":,"status":,"error":},`)
}

// jsonSize is the number of bytes that a line takes in JSON, with its quotes and a comma.
func jsonSize(line string) int {
	return len(line) + strings.Count(line, `"`) + strings.Count(line, `\`) + len(`"",`)
}
