package schema_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// beyondSchema are the bad events whose fault a schema cannot express, or that are wrong only for this installation.
var beyondSchema = map[string]bool{
	"bad-duplicate": true, "bad-trailing": true, "bad-conflict": true, "bad-unknown-tenant": true,
	"bad-float": true, // 22519813685366.0 is an integer to JSON Schema
}

func TestSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../events/*.want.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, want := range files {
		name := strings.TrimSuffix(filepath.Base(want), ".want.json")
		event := read(t, strings.TrimSuffix(want, ".want.json")+".json")
		bad := strings.HasPrefix(name, "bad-")
		if name != "eventbridge" && !beyondSchema[name] {
			if err := schematest.Validate("request", event); (err != nil) != bad {
				t.Errorf("%s against the request schema: %v", name, err)
			}
		}
		if verdict, err := os.ReadFile(want); err != nil {
			t.Error(err)
		} else if err := schematest.Validate("verdict", verdict); (err != nil) != bad {
			t.Errorf("%s against the verdict schema: %v", want, err)
		}
	}
}

func TestSecretSchema(t *testing.T) {
	t.Parallel()
	const rest = `,"api_key_id":"7","api_key":"k","security_level":"advanced"}`
	sim := xdrtest.Start(t, xdrtest.Options{})
	for document, good := range map[string]bool{
		sim.SecretValue(): true,
		`{"api_url":"https://api-acme.xdr.us.paloaltonetworks.com"` + rest:                               true,
		`{"fqdn":"acme.xdr.us.paloaltonetworks.com"` + rest:                                              true,
		`{"api_url":"https://h/base","api_key_id":7,"api_key":"k","security_level":"standard","note":1}`: true,
		`{"api_url":"https://h","fqdn":"h"` + rest:                                                       false,
		`{"x":1` + rest:                   false,
		`{"api_url":"h"` + rest:           false,
		`{"api_url":"https://u@h"` + rest: false,
		`{"api_url":"https://h?q"` + rest: false,
		`{"api_url":"https://h","api_key_id":7.5,"api_key":"k","security_level":"standard"}`: false,
		`{"api_url":"https://h","api_key_id":"7","api_key":"k","security_level":"Advanced"}`: true,
		`{"api_url":"https://h","api_key_id":"7","api_key":"k","security_level":"expert"}`:   false,
		`{"api_url":"https://h","api_key_id":"7","security_level":"advanced"}`:               false,
	} {
		if err := schematest.Validate("secret", []byte(document)); (err == nil) != good {
			t.Errorf("%s: %v", document, err)
		}
	}
}

// A verdict that says one thing in one member and another in the next is not valid.
func TestVerdictSchemaIsStrict(t *testing.T) {
	t.Parallel()
	raw := read(t, "../events/pending.want.json")
	for old, replaced := range map[string]string{
		`"verdict": "pending"`:    `"verdict": "done"`,
		`"reason": "in_progress"`: `"reason": "all_succeeded"`,
		`"wait_seconds": 5`:       `"wait_seconds": 0`,
		`"truncated": false,`:     ``,
		`"missing": 0`:            `"missing": -1`,
		`{`:                       `{"errorType": "x",`,
	} {
		if err := schematest.Validate("verdict", []byte(strings.Replace(string(raw), old, replaced, 1))); err == nil {
			t.Errorf("%s in place of %s is valid", replaced, old)
		}
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
