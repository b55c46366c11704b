package repo

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
)

// samples returns the names of the events in events/, or of the replies.
func samples(t *testing.T, ending string) []string {
	t.Helper()
	var names []string
	for _, file := range list(t, "events/*"+ending) {
		name := strings.TrimSuffix(path.Base(file), ending)
		if name != "env" && !strings.HasSuffix(name, ".want") {
			names = append(names, name)
		}
	}
	return names
}

// sample returns the request of an event: its detail, or all of it.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	event := read(t, "events/"+name+".json")
	var envelope struct{ Detail json.RawMessage }
	if json.Unmarshal([]byte(event), &envelope) == nil && envelope.Detail != nil {
		return envelope.Detail
	}
	return []byte(event)
}

// beyondSchema are the bad events that a schema cannot tell, or that are only wrong for this installation.
var beyondSchema = []string{
	"bad-conflict", "bad-duplicate", "bad-trailing", "bad-unknown-tenant",
	"bad-float", // 22519813685366.0 is an integer to JSON Schema
}

// Every event has a reply, every reply an event, and the schemas tell the good ones from the bad. cmd/lambda tests that
// the function gives these replies.
func TestSamples(t *testing.T) {
	t.Parallel()
	events := samples(t, ".json")
	replies := samples(t, ".want.json")
	if len(events) < 20 || !slices.Equal(events, replies) {
		t.Fatalf("events for %v\nreplies for %v", events, replies)
	}
	for _, name := range events {
		bad := strings.HasPrefix(name, "bad-")
		err := schematest.Validate("request", sample(t, name))
		if (err != nil) != bad && !slices.Contains(beyondSchema, name) {
			t.Errorf("%s.json against the request schema: %v", name, err)
		}
		err = schematest.Validate("verdict", []byte(read(t, "events/"+name+".want.json")))
		if (err != nil) != bad {
			t.Errorf("%s.want.json against the verdict schema: %v", name, err)
		}
	}
}
