// Package schematest validates documents against the project's JSON Schemas, for tests.
package schematest

import (
	"bytes"
	"path/filepath"
	"runtime"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var compiled = map[string]*jsonschema.Schema{
	"request": compile("request"), "verdict": compile("verdict"), "secret": compile("secret"),
}

func compile(name string) *jsonschema.Schema {
	_, here, _, _ := runtime.Caller(0)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.MustCompile(filepath.Join(filepath.Dir(here), "../../schema", name+".schema.json"))
}

// Validate checks a document against "request", "verdict" or "secret".
func Validate(name string, document []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	return compiled[name].Validate(doc)
}
