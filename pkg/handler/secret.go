package handler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
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

// baseURL reads api_url, or makes one of fqdn, which people paste with or without scheme and api- prefix. A host
// without a dot is not shown: it may be a key in the wrong place.
func baseURL(apiURL, fqdn string, allowed []Origin) (*url.URL, error) {
	text := apiURL
	switch {
	case apiURL == "" && fqdn == "":
		return nil, errors.New("missing or empty")
	case apiURL != "" && fqdn != "":
		return nil, errors.New("given together with api_url: expected only one of them")
	case fqdn != "":
		text = withAPI(fqdn)
	}
	return checkURL(text, allowed)
}

func withAPI(fqdn string) string {
	if !strings.Contains(fqdn, "://") {
		fqdn = "https://" + fqdn
	}
	scheme, host, _ := strings.Cut(fqdn, "://")
	return scheme + "://api-" + strings.TrimPrefix(strings.ToLower(host), "api-")
}

func checkURL(text string, allowed []Origin) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || !strings.ContainsAny(u.Hostname(), ".:"):
		return nil, errors.New("expected the tenant's address, such as https://api-acme.xdr.us.paloaltonetworks.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("expected no user, query or fragment in the address")
	}
	for _, path := range consolePaths {
		if strings.Contains(strings.ToLower(u.Path), path) {
			return nil, fmt.Errorf("expected the address without the path %s, which is no part of it", path)
		}
	}
	origin, err := originOf(u)
	if err == nil && !slices.ContainsFunc(allowed, func(o Origin) bool { return o.allows(origin) }) {
		err = fmt.Errorf("%s %w (%v): no credentials are sent there; add it if it is the tenant's",
			origin, ErrOrigin, allowed)
	}
	return u, err
}

// consolePaths are what consoles and pages show after the address. The API answers 500 there, like in an outage.
var consolePaths = []string{"/public_api", "/xdr/public", "/xsiam/public"}

// formOf says what a value is that is no JSON object, and shows nothing of it.
func formOf(value []byte) string {
	var syntax *json.SyntaxError
	var inside string
	err := json.Unmarshal(value, new(any))
	switch {
	case bytes.IndexByte(value, 0) >= 0:
		return "UTF-16, not UTF-8"
	case json.Unmarshal(value, &inside) == nil && json.Valid([]byte(inside)):
		quote := 1 + bytes.IndexByte(value, '"')
		return fmt.Sprintf("JSON inside a JSON string that begins at byte %d: store the object itself", quote)
	case !errors.As(err, &syntax):
		return "not what it should be"
	}
	at := min(int(syntax.Offset), len(value))
	before := bytes.TrimRight(value[:max(0, at-1)], " \t\r\n")
	if at > 0 && (value[at-1] == '}' || value[at-1] == ']') && bytes.HasSuffix(before, []byte(",")) {
		return fmt.Sprintf("a comma too many at byte %d", len(before))
	}
	return fmt.Sprintf("not JSON from byte %d on", at)
}
