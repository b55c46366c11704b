package handler

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// ParseSecret reads the secret's JSON: api_url (or fqdn), api_key_id, api_key, security_level. Errors are
// XDR.CredentialsInvalid with the secret's id. They name the member, and never show the key or text that may be one.
func ParseSecret(id string, value []byte, allowed []Origin) (xdr.Credentials, error) {
	s, err := secretMembers(value)
	var cred xdr.Credentials
	if err == nil {
		cred, err = credentialsOf(s, allowed)
	}
	if err == nil {
		return cred, nil
	}
	e := errorf(CredentialsInvalid, "secret %q: %w", id, err)
	if key := s["api_key"]; len(key) >= 16 { // another member may hold it too; a shorter one is in any text
		e.told(xdr.NewRedactor(key))
	}
	return xdr.Credentials{}, e
}

func secretMembers(value []byte) (map[string]string, error) {
	value = bytes.TrimPrefix(value, []byte("\ufeff")) // a byte order mark, as editors of Windows write
	m, err := members(value)
	if err != nil {
		return nil, fmt.Errorf("%s; expected a JSON object with api_url, api_key_id, api_key and security_level, "+
			"without duplicate keys", formOf(value))
	}
	s := make(map[string]string)
	for _, name := range []string{"api_url", "fqdn", "api_key_id", "api_key", "security_level"} {
		raw, ok := m[name]
		text, isString := readString(raw)
		if !isString && name == "api_key_id" {
			text = string(raw)
			_, isString = readID(raw)
		}
		if ok && !isString {
			return s, fmt.Errorf("%s: expected a string", name)
		}
		s[name] = strings.TrimSpace(text) // a pasted key often ends in a line break
	}
	return s, nil
}

func credentialsOf(s map[string]string, allowed []Origin) (xdr.Credentials, error) {
	from := "api_url"
	if s["fqdn"] != "" {
		from = "fqdn"
	}
	base, err := baseURL(s["api_url"], s["fqdn"], allowed)
	if err != nil {
		return xdr.Credentials{}, fmt.Errorf("%s: %w", from, err)
	}
	for _, name := range []string{"api_key_id", "api_key", "security_level"} {
		if s[name] == "" {
			return xdr.Credentials{}, fmt.Errorf("%s is missing or empty", name)
		}
	}
	return xdr.NewCredentials(base, s["api_key_id"], s["api_key"], xdr.SecurityLevel(strings.ToLower(s["security_level"])))
}
