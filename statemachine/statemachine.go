// Package statemachine holds the workflow that waits for an action, in the [Amazon States Language].
//
// [Amazon States Language]: https://states-language.net/spec.html
package statemachine

import _ "embed"

// Source is wait_for_action.asl.json, with its substitutions not filled in.
//
//go:embed wait_for_action.asl.json
var Source []byte
