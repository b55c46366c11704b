// Package schema holds the JSON Schemas of the step's request, verdict and secret, as files.
package schema

import "embed"

// Files are request.schema.json, verdict.schema.json and secret.schema.json.
//
//go:embed *.schema.json
var Files embed.FS
