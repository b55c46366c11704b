package xdr

import (
	"bytes"
	"encoding/json"
	"encoding/json/jsontext"
)

// members takes an object apart, and returns nil for anything else.
func members(raw []byte) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// text reads a JSON value for a person: a string's content, the compact JSON of anything else, and
// nothing for null, {} and [].
func text(raw []byte) string {
	v := bytes.TrimSpace(raw)
	switch {
	case len(v) == 0 || string(v) == "null":
		return ""
	case v[0] == '"':
		return string(unquote(v))
	}
	var compact bytes.Buffer
	if json.Compact(&compact, v) != nil {
		return string(v)
	}
	switch compact.String() {
	case "{}", "[]":
		return ""
	}
	return compact.String()
}

// unquote returns the content of a JSON string, without a copy where it holds no escape.
func unquote(raw []byte) []byte {
	if len(raw) >= 2 && bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	content, _ := jsontext.AppendUnquote(nil, raw) // ill-formed escapes become U+FFFD
	return content
}
