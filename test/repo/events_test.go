package repo

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
)

// beyondSchema are the bad events that a schema cannot tell, or that are only wrong for this installation.
var beyondSchema = []string{
	"bad-conflict", "bad-duplicate", "bad-trailing", "bad-unknown-tenant",
	"bad-float", // 22519813685366.0 is an integer to JSON Schema
}

// Every event has a reply, which cmd/lambda compares with the function's, and the schemas tell the good from the bad.
func TestSamples(t *testing.T) {
	t.Parallel()
	all := files(t, `^events/.*\.json$`)
	delete(all, "events/env.json")
	for path, event := range all {
		if strings.HasSuffix(path, ".want.json") {
			continue
		}
		var envelope struct{ Detail json.RawMessage }
		if json.Unmarshal([]byte(event), &envelope) == nil && envelope.Detail != nil {
			event = string(envelope.Detail)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(path, "events/"), ".json")
		bad := strings.HasPrefix(name, "bad-")
		err := schematest.Validate("request", []byte(event))
		if (err != nil) != bad && !slices.Contains(beyondSchema, name) {
			t.Errorf("%s.json against the request schema: %v", name, err)
		}
		err = schematest.Validate("verdict", []byte(read(t, "events/"+name+".want.json")))
		if (err != nil) != bad {
			t.Errorf("%s.want.json against the verdict schema: %v", name, err)
		}
	}
}
