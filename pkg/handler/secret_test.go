package handler

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const canary = xdrtest.Canary

const good = `"api_url":"https://api-acme.xdr.us.paloaltonetworks.com"`

func secretJSON(members string) string {
	return `{"api_key_id":"7","api_key":"` + canary + `","security_level":"advanced",` + members + `}`
}

// What Windows and a person write is understood.
func TestParseSecret(t *testing.T) {
	t.Parallel()
	allowed := append(DefaultConfig().AllowedOrigins, Origin{"http", "127.0.0.1", "8480"})
	for want, addresses := range map[string][]string{
		"https://api-acme.xdr.us.paloaltonetworks.com": {
			good, `"api_url":"https://api-acme.xdr.us.paloaltonetworks.com/"`,
			`"api_url":" https://api-acme.xdr.us.paloaltonetworks.com\n"`,
			`"fqdn":"acme.xdr.us.paloaltonetworks.com"`, `"fqdn":"https://acme.xdr.us.paloaltonetworks.com/"`,
			`"fqdn":"api-acme.xdr.us.paloaltonetworks.com"`, `"fqdn":"API-Acme.xdr.us.paloaltonetworks.com"`,
			`"fqdn":"https://api-acme.xdr.us.paloaltonetworks.com","note":null`,
			`"fqdn":"HTTPS://ACME.xdr.us.paloaltonetworks.com"`,
		},
		"https://API-acme.xdr.us.paloaltonetworks.com:443/gateway": {
			`"api_url":"https://API-acme.xdr.us.paloaltonetworks.com:443/gateway/"`,
		},
		"http://127.0.0.1:8480/base": {`"api_url":"http://127.0.0.1:8480/base"`},
	} {
		for _, address := range addresses {
			cred, err := ParseSecret("s", []byte(secretJSON(address)), allowed)
			if want := "key 7 (advanced) for " + want; err != nil || cred.String() != want {
				t.Errorf("%s: %s, %v, want %s", address, cred, err, want)
			}
		}
	}
	for _, value := range []string{
		"\ufeff{" + good + `,"api_key_id":"7","api_key":"` + canary + `","security_level":"Standard"}`,
		"\r\n{" + good + `,"api_key_id":7,"api_key":" ` + canary + `\n","security_level":"STANDARD "}`,
	} {
		cred, err := ParseSecret("s", []byte(value), allowed)
		if err != nil || !strings.HasPrefix(cred.String(), "key 7 (standard) for ") {
			t.Errorf("%q: %s, %v", value, cred, err)
		}
	}
}

func TestParseSecretRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ secret, want string }{
		{`{"fqdn":"` + canary + `","api_key_id":"7","api_key":"acme.xdr.us.paloaltonetworks.com","security_level":"advanced"}`, "fqdn: expected the tenant's address"},
		{`{"api_url":"https://` + canary + `","api_key_id":"7","api_key":"x","security_level":"advanced"}`, "api_url: expected the tenant's address"},
		{secretJSON(`"api_url":"https://api-acme.xdr.us.paloaltonetworks.com#x"`), "fragment"},
		{canary, "not JSON from byte 1 on; expected a JSON object"},
		{"", "expected a JSON object"},
		{`"` + canary + `"`, "expected a JSON object"},
		{`{"api_key":"` + canary, "not JSON from byte 140 on; expected a JSON object"},
		{"\xff\xfe{\x00\"\x00", "UTF-16, not UTF-8"},
		{"\x00{\x00\"", "UTF-16, not UTF-8"},
		{secretJSON(good + `,"x":"caf` + "\xe9\""), "not UTF-8; expected"},
		{`  "{\"api_key\":\"` + canary + `\"}"`, "JSON inside a JSON string that begins at byte 3: store the object itself"},
		{`{"api_key_id":"7",` + "\n" + `"api_key":"` + canary + `",` + "\n}", "an extra comma at byte 160"},
		{`{"api_key":"` + canary + `","x":[1 , ]}`, "an extra comma at byte 150"},
		{`{"api_key":"` + canary + `"` + "\n" + `"x":1}`, "not JSON from byte 143 on"},
		{`{"api_key":"` + canary + `"} {}`, "not JSON from byte 144 on"},
		{secretJSON(good + `,"api_key":"x"`), "without duplicate keys"},
		{secretJSON(`"x":1`), "api_url: missing"},
		{secretJSON(good + `,"fqdn":"x"`), "fqdn: given together with api_url; give only one of them"},
		{secretJSON(`"api_url":"https://` + canary + `.example"`), "api_url: https://[redacted].example is not on the allow-list"},
		{strings.ReplaceAll(secretJSON(`"api_url":"https://`+canary+`.example"`), canary, canary[:16]), "https://[redacted].example is not on the allow-list"},
		{secretJSON(`"api_url":"` + canary[:40] + `://h.x"`), "api_url: expected"},
		{secretJSON(`"api_url":5`), "api_url: expected a string"},
		{secretJSON(`"api_url":null`), "api_url: expected a string"},
		{secretJSON(`"api_url":"api-acme.xdr.us.paloaltonetworks.com"`), "api_url: expected the tenant's address"},
		{secretJSON(`"api_url":"ftp://api-acme.xdr.us.paloaltonetworks.com"`), "expected https"},
		{secretJSON(`"fqdn":"http://127.0.0.1:1"`), "fqdn: http://api-127.0.0.1:1 is not on the allow-list"},
		{secretJSON(`"api_url":"https://api.example.com"`), "api_url: https://api.example.com is not on the allow-list XDR_ALLOWED_ORIGINS ([https://*.paloaltonetworks.com])"},
		{secretJSON(`"api_url":"https://user:` + canary + `@api-acme.xdr.us.paloaltonetworks.com"`), "no user"},
		{secretJSON(`"api_url":"https://api-acme.xdr.us.paloaltonetworks.com?x=` + canary + `"`), "query"},
		{secretJSON(`"api_url":"https://api-acme.xdr.us.paloaltonetworks.com/public_api/v1"`), "without the path /public_api, which is not part of it"},
		{secretJSON(`"api_url":"https://api-acme.xdr.us.paloaltonetworks.com/XDR/public/v1"`), "without the path /xdr/public"},
		{secretJSON(`"api_url":"https://api-acme.xdr.us.paloaltonetworks.com/xsiam/public/v1/"`), "without the path /xsiam/public"},
		{secretJSON(`"fqdn":"acme.xdr.us.paloaltonetworks.com/Public_API/v1"`), "without the path /public_api"},
		{secretJSON(`"api_url":"https://\u0000"`), "api_url: expected the tenant's address"},
		{`{` + good + `,"api_key":"` + canary + `","security_level":"advanced"}`, "api_key_id is missing"},
		{`{` + good + `,"api_key_id":7,"security_level":"advanced"}`, "api_key is missing"},
		{`{` + good + `,"api_key_id":7,"api_key":" ","security_level":"advanced"}`, "api_key is missing or empty"},
		{`{` + good + `,"api_key_id":7.5,"api_key":"` + canary + `","security_level":"advanced"}`, "api_key_id: expected a string"},
		{`{` + good + `,"api_key_id":7,"api_key":"` + canary + `"}`, "security_level is missing"},
		{`{` + good + `,"api_key_id":7,"api_key":"` + canary + `","security_level":"expert"}`, `expected "standard" or "advanced"`},
		{`{` + good + `,"api_key_id":7,"api_key":"` + canary + ` x","security_level":"standard"}`, "api_key: expected printable ASCII"},
	} {
		_, err := ParseSecret("xdr/acme", []byte(c.secret), DefaultConfig().AllowedOrigins)
		named, ok := errors.AsType[*Error](err)
		if !ok || named.Name != CredentialsInvalid || !strings.Contains(named.Message, c.want) || !strings.Contains(named.Message, `"xdr/acme"`) {
			t.Errorf("%s: %v, want %q in it", c.secret, err, c.want)
		}
		if errors.Is(err, ErrOrigin) != strings.Contains(c.want, "allow-list") {
			t.Errorf("%v: ErrOrigin is %v", err, errors.Is(err, ErrOrigin))
		}
		if xdrtest.Leak(fmt.Sprintf("%v %+v %#v", err, err, err), canary) != "" {
			t.Errorf("the key appears: %v", err)
		}
	}
}

func TestAllowList(t *testing.T) {
	t.Parallel()
	type targets struct{ allowed, refused string }
	for entry, c := range map[string]targets{
		"https://*.paloaltonetworks.com": {
			"https://api-acme.xdr.us.paloaltonetworks.com https://API-ACME.XDR.US.PALOALTONETWORKS.COM:443 " +
				"https://api-acme.xdr.federal.paloaltonetworks.com/base",
			"https://paloaltonetworks.com https://evil-paloaltonetworks.com https://api.paloaltonetworks.com.evil.example " +
				"https://api.paloaltonetworks.com:8443 http://api.paloaltonetworks.com https://api.paloaltonetworks.com. " +
				"https://.paloaltonetworks.com https://api..paloaltonetworks.com https://*.paloaltonetworks.com " +
				"https://evil.example%2f.paloaltonetworks.com https://evil.example\\.paloaltonetworks.com " +
				"https://evil.example#.paloaltonetworks.com https://evil.example/.paloaltonetworks.com " +
				"https://аpi.paloaltonetworks.com https://api.paloaltonetwor\u212as.com", // a Cyrillic а; a Kelvin sign folds to k
		},
		"*.paloaltonetworks.com":    {"https://api-acme.xdr.us.paloaltonetworks.com", "http://api.paloaltonetworks.com"},
		"http://127.0.0.1:8480":     {"http://127.0.0.1:8480/base", "http://127.0.0.1:8481 https://127.0.0.1:8480"},
		"https://[::1]:8480":        {"https://[::1]:8480", "https://[::1%25eth0]:8480"},
		"https://api.example.com":   {"https://api.example.com", "https://x.api.example.com https://apİ.example.com"}, // folds to an ASCII i
		"https://*.api.example.com": {"https://y.x.api.example.com", "https://api.example.com"},
	} {
		o, err := ParseOrigin(entry)
		if err != nil || o.String() != entry && "https://"+entry != o.String() {
			t.Errorf("%s: %s, %v", entry, o, err)
		}
		allows := func(target string) bool {
			u, err := url.Parse(target)
			if err != nil {
				return false
			}
			origin, err := originOf(u)
			return err == nil && o.allows(origin)
		}
		for target := range strings.FieldsSeq(c.allowed) {
			if !allows(target) {
				t.Errorf("%s refuses %s", entry, target)
			}
		}
		for target := range strings.FieldsSeq(c.refused) {
			if allows(target) {
				t.Errorf("%s allows %s", entry, target)
			}
		}
	}
	for _, bad := range []string{"", "*", "ftp://h", "https://h/path", "https://u@h", "https://h?x", "https://h#f", "https://*", "*.*.com", "a.*.com", "https://ho st", "https://h%41"} {
		if o, err := ParseOrigin(bad); err == nil {
			t.Errorf("%q was taken for %v", bad, o)
		}
	}
}

func FuzzSecret(f *testing.F) {
	f.Add([]byte(secretJSON(good)))
	f.Fuzz(func(t *testing.T, value []byte) {
		cred, err := ParseSecret("id", value, DefaultConfig().AllowedOrigins)
		if err == nil {
			if host := cred.String(); !strings.Contains(strings.ToLower(host), ".paloaltonetworks.com") || !strings.Contains(host, "for https://") {
				t.Errorf("accepted %s", cred)
			}
			return
		}
		named, ok := errors.AsType[*Error](err)
		if !ok || named.Name != CredentialsInvalid || strings.ContainsAny(named.Message, "\r\n") {
			t.Errorf("error %q", err)
		}
	})
}
