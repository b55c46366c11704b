package xdr

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"maps"
)

// ErrorReason is the JSON that the reply's errorReasons hold for one agent. Its shape is undocumented and differs by
// kind of action; String reduces it.
type ErrorReason []byte

// String returns what a person would read of it: errorDescription, else the first description in missing_files, else
// errorText, in errorData or beside it, else errorData where it is plain text, else what remains as compact JSON. It is
// empty where the reason says nothing, and it never fails: a shape that nobody has seen yet is shown as it is.
// It is text from outside: show it by [Redactor.Line].
func (r ErrorReason) String() string {
	m := members(r)
	if m == nil {
		return text(r)
	}
	data := text(m["errorData"])
	inside := members([]byte(data))
	if json.Valid([]byte(data)) {
		data = "" // it has been taken apart
	}
	return cmp.Or(
		text(m["errorDescription"]),
		firstMissing(m["missing_files"]),
		text(inside["errorText"]),
		text(m["errorText"]),
		data,
		remains(m),
	)
}

// firstMissing reads a list of objects with a description, or of bare paths.
func firstMissing(raw []byte) string {
	var files []json.RawMessage
	_ = json.Unmarshal(raw, &files) // another shape has no description
	for _, f := range files {
		if m := members(f); m != nil {
			if line := text(m["description"]); line != "" {
				return line
			}
		} else if path := text(f); path != "" {
			return "missing file: " + path
		}
	}
	return ""
}

// remains is the last resort: every member that says something, as JSON.
func remains(m map[string]json.RawMessage) string {
	maps.DeleteFunc(m, func(_ string, raw json.RawMessage) bool { return text(raw) == "" })
	if len(m) == 0 {
		return ""
	}
	line, _ := jsonv2.Marshal(m, // cannot fail: each value has been JSON before
		jsonv2.Deterministic(true), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	return string(line)
}

// members takes an object apart, and returns nil for anything else.
func members(raw []byte) (object map[string]json.RawMessage) {
	_ = json.Unmarshal(raw, &object)
	return object
}

// text reads a JSON value for a person: a string's content, the compact JSON of anything else, and nothing for null,
// {}, [] and white space.
func text(raw []byte) string {
	value := jsontext.Value(bytes.TrimSpace(raw))
	switch {
	case len(value) == 0 || string(value) == "null":
		return ""
	case value.Kind() == '"':
		if said := string(unquote(value)); oneLine(said) != "" {
			return said
		}
		return ""
	}
	value = value.Clone()
	_ = value.Compact() // what is no JSON stays as it is
	if said := string(value); said != "{}" && said != "[]" {
		return said
	}
	return ""
}

// unquote returns the content of a JSON string, without a copy where it holds no escape.
func unquote(raw []byte) []byte {
	if len(raw) >= 2 && bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	content, _ := jsontext.AppendUnquote(nil, raw) // ill-formed escapes become U+FFFD
	return content
}
