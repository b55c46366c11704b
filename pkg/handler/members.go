package handler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// members takes a JSON object apart without interpreting it: names match exactly, and a duplicate
// name, ill-formed UTF-8 or data after the object is an error. encoding/json would let all four pass.
func members(raw []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("is not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("is not a JSON object")
	}
	m := make(map[string]json.RawMessage)
	for dec.More() {
		t, err := dec.Token()
		name, isName := t.(string)
		if err != nil || !isName {
			return nil, errors.New("is not valid JSON")
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, fmt.Errorf("is not valid JSON at %q", clip(name, maxID))
		}
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("has the key %q twice", clip(name, maxID))
		}
		m[name] = value
	}
	if _, err := dec.Token(); err != nil { // the closing brace
		return nil, errors.New("is not valid JSON")
	}
	if _, err := dec.Token(); err != io.EOF { //nolint:errorlint // a bare io.EOF is the clean end
		return nil, errors.New("has data after the JSON object")
	}
	return m, nil
}
