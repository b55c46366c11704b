// Package schematest validates documents against the project's JSON Schemas, for tests.
package schematest

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/soarstep/xdr-action-status/schema"
)

var compiled = sync.OnceValue(func() map[string]*jsonschema.Schema {
	all := make(map[string]*jsonschema.Schema)
	for _, name := range []string{"request", "verdict", "secret"} {
		raw, err := schema.Files.ReadFile(name + ".schema.json")
		if err != nil {
			panic(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err))
		}
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource(name, doc); err != nil {
			panic(err)
		}
		all[name] = c.MustCompile(name)
	}
	return all
})

// Validate checks a document against "request", "verdict" or "secret".
func Validate(name string, document []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	return compiled()[name].Validate(doc)
}
