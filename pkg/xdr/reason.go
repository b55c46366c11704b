package xdr

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrorReason is the JSON that the reply's errorReasons hold for one agent. Its shape is undocumented
// and differs by kind of action; String reduces it.
type ErrorReason []byte

// String returns one readable line: errorDescription, else the first description in missing_files, else
// errorText inside errorData, else terminated_by and what remains as compact JSON. It is empty where the
// reason says nothing, and it never fails: a shape that nobody has seen yet is shown as it is.
func (r ErrorReason) String() string {
	m := members(r)
	if m == nil {
		return oneLine(text(r))
	}
	return cmp.Or(
		oneLine(text(m["errorDescription"])),
		oneLine(firstDescription(m["missing_files"])),
		oneLine(text(members([]byte(text(m["errorData"])))["errorText"])),
		oneLine(remains(m)),
	)
}

// firstDescription reads a list of objects with a description, or of strings.
func firstDescription(raw []byte) string {
	var files []json.RawMessage
	_ = json.Unmarshal(raw, &files) // another shape has no description
	for _, f := range files {
		line := text(f)
		if m := members(f); m != nil {
			line = text(m["description"])
		}
		if oneLine(line) != "" {
			return line
		}
	}
	return ""
}

// remains is the last resort: every member that says something, as JSON.
func remains(m map[string]json.RawMessage) string {
	for name, raw := range m {
		if oneLine(text(raw)) == "" {
			delete(m, name)
		}
	}
	if len(m) == 0 {
		return ""
	}
	line, _ := json.Marshal(m) // cannot fail: each value has been valid JSON before
	return string(line)
}

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

// oneLine folds everything that is not a visible character into single spaces, and makes ill-formed UTF-8 visible.
func oneLine(s string) string {
	visible := func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}
	return strings.Join(strings.Fields(strings.Map(visible, strings.ToValidUTF8(s, "\ufffd"))), " ")
}

// cut keeps at most n characters and marks where it cut.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
