package xdr

import (
	"cmp"
	"encoding/json"
	jsonv2 "encoding/json/v2"
)

// ErrorReason is the JSON that the reply's errorReasons hold for one agent. Its shape is undocumented
// and differs by kind of action; String reduces it.
type ErrorReason []byte

// String returns what a person would read of it: errorDescription, else the first description in missing_files, else
// errorText, in errorData or beside it, else errorData where it is plain text, else what remains as compact JSON. It is
// empty where the reason says nothing, and it never fails: a shape that nobody has seen yet is shown as it is.
// It is text from outside: show it by [Redactor.Line].
func (r ErrorReason) String() string {
	m := members(r)
	if m == nil {
		return spoken(text(r))
	}
	data := text(m["errorData"])
	inside := members([]byte(data))
	return cmp.Or(
		spoken(text(m["errorDescription"])),
		spoken(firstMissing(m["missing_files"])),
		spoken(text(inside["errorText"])),
		spoken(text(m["errorText"])),
		spoken(plainText(data)),
		remains(m),
	)
}

// spoken is a text that says something, and nothing in place of white space.
func spoken(s string) string {
	if oneLine(s) == "" {
		return ""
	}
	return s
}

// plainText is a text that holds no JSON to take apart.
func plainText(s string) string {
	if json.Valid([]byte(s)) {
		return ""
	}
	return s
}

// firstMissing reads a list of objects with a description, or of bare paths.
func firstMissing(raw []byte) string {
	var files []json.RawMessage
	_ = json.Unmarshal(raw, &files) // another shape has no description
	for _, f := range files {
		if m := members(f); m != nil {
			if line := spoken(text(m["description"])); line != "" {
				return line
			}
			continue
		}
		if path := spoken(text(f)); path != "" {
			return "missing file: " + path
		}
	}
	return ""
}

// remains is the last resort: every member that says something, as JSON.
func remains(m map[string]json.RawMessage) string {
	for name, raw := range m {
		if spoken(text(raw)) == "" {
			delete(m, name)
		}
	}
	if len(m) == 0 {
		return ""
	}
	line, _ := jsonv2.Marshal(m, jsonv2.Deterministic(true)) // cannot fail: each value has been valid JSON before
	return string(line)
}
