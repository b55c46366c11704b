package handler

import (
	"bytes"
	"encoding/json"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"unicode/utf8"
)

// notJSON says where a text is not JSON.
func notJSON(err error) error {
	syntax, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case !ok:
		return err
	case syntax.JSONPointer == "":
		return fmt.Errorf("is not valid JSON at byte %d", syntax.ByteOffset+1)
	}
	return fmt.Errorf("is not valid JSON at byte %d, in %q", syntax.ByteOffset+1, clip(string(syntax.JSONPointer), maxID))
}

// formOf says what a value is that is no JSON object, and shows nothing of it.
func formOf(value []byte) string {
	var inside string
	syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(value, new(any)))
	switch {
	case bytes.IndexByte(value, 0) >= 0:
		return "UTF-16, not UTF-8"
	case !utf8.Valid(value):
		return "not UTF-8"
	case json.Unmarshal(value, &inside) == nil && json.Valid([]byte(inside)):
		quote := 1 + bytes.IndexByte(value, '"')
		return fmt.Sprintf("JSON inside a JSON string that begins at byte %d: store the object itself", quote)
	case !ok:
		return "valid JSON, but not the expected object"
	}
	at := min(int(syntax.Offset), len(value))
	before := bytes.TrimRight(value[:max(0, at-1)], " \t\r\n")
	if at > 0 && (value[at-1] == '}' || value[at-1] == ']') && bytes.HasSuffix(before, []byte(",")) {
		return fmt.Sprintf("an extra comma at byte %d", len(before))
	}
	return fmt.Sprintf("not JSON from byte %d on", at)
}
