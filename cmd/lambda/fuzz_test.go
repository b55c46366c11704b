package main

import (
	"strings"
	"testing"
	"time"
)

// FuzzEnvironment gives each variable any value: readEnv never panics, an error begins with the variable's name, and
// what is accepted is within the bounds that the step relies on.
func FuzzEnvironment(f *testing.F) {
	names := []string{
		"XDR_SECRET_ID", "XDR_TENANT_SECRET_PREFIX", "XDR_SECRET_TTL_SECONDS", "XDR_ALLOWED_ORIGINS", "XDR_TIMEOUT_SECONDS", "XDR_MIN_WAIT_SECONDS",
		"XDR_MAX_WAIT_SECONDS", "XDR_WAIT_FRACTION", "XDR_EMPTY_GRACE_SECONDS", "XDR_HTTP_TIMEOUT_SECONDS", "XDR_MAX_REPLY_BYTES",
	}
	f.Add("s\n\n300\nhttps://*.paloaltonetworks.com\n259200\n5\n300\n0.1\n120\n10\n67108864")
	f.Add("\nxdr/\n0\nhttp://127.0.0.1:8080, api.example.com:8443\n1\n1\n1\n1\n0\n1\n1")
	f.Add("s\n\n-1\n*\n99999999999\n5\n4\nNaN\n1e3\n0x10\n9223372036854775808")
	f.Fuzz(func(t *testing.T, text string) {
		values := strings.Split(text, "\n")
		s, err := readEnv(func(name string) (string, bool) {
			for i, known := range names {
				if known == name && i < len(values) {
					return values[i], true
				}
			}
			return "", false
		})
		if err != nil {
			if name, _, ok := strings.Cut(err.Error(), ":"); !ok || !strings.HasPrefix(name, "XDR_") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q names no variable", err)
			}
			return
		}
		c := s.step
		const least, most = time.Second, 99_999_999 * time.Second
		switch {
		case c.SecretID == "" && c.TenantSecretPrefix == "", len(c.AllowedOrigins) == 0,
			c.MinWait < least, c.MaxWait < c.MinWait, c.MaxWait > most, c.Timeout < least, c.Timeout > 7*24*time.Hour,
			c.SecretTTL < 0, c.SecretTTL > most, c.EmptyGrace < 0, c.EmptyGrace > most, s.httpTimeout < least, s.httpTimeout > most,
			!(c.WaitFraction > 0 && c.WaitFraction <= 1), s.maxReplyBytes < 1:
			t.Errorf("accepted %q as %+v", text, s)
		}
	})
}
