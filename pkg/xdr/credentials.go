package xdr

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// SecurityLevel is the kind of an API key, chosen when the key is created.
//
// Source: https://docs-cortex.paloaltonetworks.com/r/Cortex-XDR-REST-API/Get-Started-with-APIs
type SecurityLevel string

// The two kinds of API key: a standard key is sent as it is, an advanced key only signs.
const (
	Standard SecurityLevel = "standard"
	Advanced SecurityLevel = "advanced"
)

// Credentials are a tenant's API address and one API key for it. Make them with [NewCredentials]. However they are
// printed (any fmt verb, slog, JSON, inside other values), the key does not appear.
type Credentials struct {
	base    string   // as it is shown
	address *url.URL // of the call
	keyID   string
	level   SecurityLevel
	key     func() string // in a func, so that no reflection-driven printer reaches it
}

// NewCredentials checks and keeps what a call needs. The base URL is the tenant's API address
// (https://api-acme.xdr.us.paloaltonetworks.com), possibly with a path in front of /public_api. Whether an address may
// be trusted with the key is for the caller to decide beforehand. An error names the bad argument and never holds the
// key.
func NewCredentials(base *url.URL, keyID, key string, level SecurityLevel) (Credentials, error) {
	switch {
	case base == nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http"):
		return Credentials{}, errors.New("base URL: expected an absolute https URL")
	case !isCode(keyID) || len(keyID) >= leakLength: // a longer one is a key in the wrong place
		return Credentials{}, errors.New("api_key_id: expected at most 15 printable ASCII characters, no space, no backslash")
	case !isCode(key):
		return Credentials{}, errors.New("api_key: expected printable ASCII, no space, no backslash")
	case level != Standard && level != Advanced:
		return Credentials{}, fmt.Errorf("security_level: expected %q or %q", Standard, Advanced)
	}
	shown := url.URL{Scheme: base.Scheme, Host: base.Host, Path: strings.TrimRight(base.Path, "/")}
	call := shown
	call.Path += path
	return Credentials{
		base:    shown.String(),
		address: &call,
		keyID:   keyID,
		level:   level,
		key:     func() string { return key },
	}, nil
}

// isCode refuses a backslash too: unescaping drops it from a text, and the key would not be found there.
func isCode(s string) bool { return s != "" && isLine(s) && !strings.Contains(s, `\`) }

// String names the key without showing it: "key 7 (advanced) for https://api-acme…".
func (c Credentials) String() string {
	return fmt.Sprintf("key %s (%s) for %s", c.keyID, c.level, c.base)
}

// Format makes every fmt verb print String.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalText makes JSON, slog and every other text encoder print String.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
