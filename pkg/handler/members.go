package handler

import (
	"bytes"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// members takes a JSON object apart without interpreting it: names match exactly, and a duplicate name, ill-formed
// UTF-8 or data after the object is an error. It does not look into the values, which may hold duplicate names.
func members(raw []byte) (map[string]jsontext.Value, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("is not valid UTF-8")
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(raw), // what may be invalid now is half an emoji, escaped
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if dec.PeekKind() != '{' {
		return nil, errors.New("is not a JSON object")
	}
	m := make(map[string]jsontext.Value)
	if err := readObject(dec, m); err != nil {
		return nil, notJSON(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("has data after the JSON object")
	}
	return m, nil
}

func readObject(dec *jsontext.Decoder, m map[string]jsontext.Value) error {
	_, err := dec.ReadToken()
	for err == nil && dec.PeekKind() != '}' {
		err = readMember(dec, m)
	}
	if err == nil {
		_, err = dec.ReadToken()
	}
	return err
}

func readMember(dec *jsontext.Decoder, m map[string]jsontext.Value) error {
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	name := token.String()
	if _, twice := m[name]; twice && !strings.Contains(name, "\ufffd") { // halves of an emoji look alike
		return fmt.Errorf("has the key %q twice", clip(name, maxID))
	}
	value, err := dec.ReadValue()
	m[name] = value.Clone()
	return err
}
