package repo

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
)

// The secret's schema and the code accept the same documents.
func TestSecretSchema(t *testing.T) {
	t.Parallel()
	const rest = `,"api_key_id":"7","api_key":"k","security_level":"advanced"}`
	const address = `{"api_url":"https://h.paloaltonetworks.com"`
	for document, good := range map[string]bool{
		goodSecret:     true,
		address + rest: true,
		`{"api_url":"https://h.paloaltonetworks.com/base"` + rest:                       true,
		address + `,"api_key_id":7,"api_key":"k","security_level":"standard","note":1}`: true,
		address + `,"api_key_id":"7","api_key":"k","security_level":"AdvanceD"}`:        true,
		address + `,"fqdn":"h.paloaltonetworks.com"` + rest:                             false,
		`{"x":1` + rest:                                                          false,
		`{"api_url":""` + rest:                                                   false,
		`{"fqdn":""` + rest:                                                      false,
		`{"api_url":"h.paloaltonetworks.com"` + rest:                             false,
		`{"api_url":"https://u@h.paloaltonetworks.com"` + rest:                   false,
		`{"api_url":"https://h.paloaltonetworks.com?q"` + rest:                   false,
		address + `,"api_key_id":7.5,"api_key":"k","security_level":"standard"}`: false,
		address + `,"api_key_id":0,"api_key":"k","security_level":"standard"}`:   false,
		address + `,"api_key_id":"7","api_key":"k","security_level":"expert"}`:   false,
		address + `,"api_key_id":"","api_key":"k","security_level":"advanced"}`:  false,
		address + `,"api_key_id":"7","api_key":"","security_level":"advanced"}`:  false,
		address + `,"api_key_id":"7","security_level":"advanced"}`:               false,
	} {
		schema := schematest.Validate("secret", []byte(document))
		_, code := step(document).Check(t.Context(), []byte(`{"group_action_id":1}`))
		if (schema == nil) != good || (code == nil) != good {
			t.Errorf("%s:\nschema: %v\ncode: %v", document, schema, code)
		}
	}
}

// A verdict whose members contradict each other is not valid.
func TestVerdictSchemaIsStrict(t *testing.T) {
	t.Parallel()
	verdict := read(t, "events/pending.want.json")
	for old, replaced := range map[string]string{
		`"verdict": "pending"`:    `"verdict": "done"`,
		`"reason": "in_progress"`: `"reason": "all_succeeded"`,
		`"wait_seconds": 5`:       `"wait_seconds": 0`,
		`"truncated": false,`:     ``,
		`"missing": 0`:            `"missing": -1`,
		`{`:                       `{"errorType": "x",`,
	} {
		changed := strings.Replace(verdict, old, replaced, 1)
		if err := schematest.Validate("verdict", []byte(changed)); err == nil || changed == verdict {
			t.Errorf("%s instead of %s is valid", replaced, old)
		}
	}
}

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
