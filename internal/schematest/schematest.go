// Package schematest validates documents against the project's JSON Schemas, for tests.
package schematest

import (
	"bytes"
	"errors"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/soarstep/xdr-action-status/schema"
)

var compiled = map[string]*jsonschema.Schema{
	"request": compile("request"), "verdict": compile("verdict"), "secret": compile("secret"),
}

func compile(name string) *jsonschema.Schema {
	raw, _ := schema.Files.ReadFile(name + ".schema.json") // nothing is no JSON
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := errors.Join(err, c.AddResource(name, doc)); err != nil {
		panic(err)
	}
	return c.MustCompile(name)
}

// Validate checks a document against "request", "verdict" or "secret".
func Validate(name string, document []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	return compiled[name].Validate(doc)
}
