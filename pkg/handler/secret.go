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

// parseSecret reads the secret's JSON: api_url (or fqdn), api_key_id, api_key, security_level. Errors are
// XDR.CredentialsInvalid, name the member and never show a value of the key or of text that may be one.
func parseSecret(id string, value []byte, allowed []Origin) (xdr.Credentials, error) {
	s := make(map[string]string)
	bad := func(format string, args ...any) (xdr.Credentials, error) {
		e := errorf(CredentialsInvalid, "secret %q: "+format, append([]any{id}, args...)...)
		if key := s["api_key"]; len(key) >= 16 { // it may stand in the place of another member too; a shorter one is in any text
			e.Message = xdr.NewRedactor(key).Line(e.Message, maxMessage)
		}
		return xdr.Credentials{}, e
	}
	value = bytes.TrimPrefix(value, []byte("\ufeff")) // a byte order mark, as editors of Windows write
	m, err := members(value)
	if err != nil {
		return bad("%s; expected a JSON object with api_url, api_key_id, api_key and security_level, without duplicate keys", formOf(value))
	}
	for _, name := range []string{"api_url", "fqdn", "api_key_id", "api_key", "security_level"} {
		raw, ok := m[name]
		text, isString := readString(raw)
		if !isString && name == "api_key_id" {
			text, isString = idNumber(raw)
		}
		if ok && !isString {
			return bad("%s: expected a string", name)
		}
		s[name] = strings.TrimSpace(text) // a pasted key often ends in a line break
	}
	from := "api_url"
	if s["fqdn"] != "" {
		from = "fqdn"
	}
	base, err := baseURL(s["api_url"], s["fqdn"])
	if err != nil {
		return bad("%s: %w", from, err)
	}
	origin, err := originOf(base)
	if err != nil {
		return bad("%s: %w", from, err)
	}
	if !slices.ContainsFunc(allowed, func(o Origin) bool { return o.allows(origin) }) {
		return bad("%s: %s is not on the allow-list XDR_ALLOWED_ORIGINS (%v): no credentials are sent there; add it if it is the tenant's", from, origin, allowed)
	}
	for _, name := range []string{"api_key_id", "api_key", "security_level"} {
		if s[name] == "" {
			return bad("%s is missing or empty", name)
		}
	}
	cred, err := xdr.NewCredentials(base, s["api_key_id"], s["api_key"], xdr.SecurityLevel(strings.ToLower(s["security_level"])))
	if err != nil {
		return bad("%w", err)
	}
	return cred, nil
}

func idNumber(raw json.RawMessage) (string, bool) {
	_, ok := readID(raw)
	return string(raw), ok
}

// baseURL reads api_url, or makes one of fqdn, which people paste with or without scheme and api- prefix. A host without a
// dot is refused unseen: it may be a key in the wrong place.
func baseURL(apiURL, fqdn string) (*url.URL, error) {
	text := apiURL
	switch {
	case apiURL == "" && fqdn == "":
		return nil, errors.New("missing or empty")
	case apiURL != "" && fqdn != "":
		return nil, errors.New("given together with api_url: expected only one of them")
	case fqdn != "":
		scheme, host, ok := strings.Cut(fqdn, "://")
		if !ok {
			scheme, host = "https", fqdn
		}
		text = scheme + "://api-" + strings.TrimPrefix(strings.ToLower(host), "api-")
	}
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
	return u, nil
}

// consolePaths are what consoles and pages show after the address. The API answers 500 there, which looks like an outage.
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
		return fmt.Sprintf("JSON inside a JSON string that begins at byte %d: take the quotes away", 1+bytes.IndexByte(value, '"'))
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
