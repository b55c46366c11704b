package xdr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

func TestCredentialsCannotBePrinted(t *testing.T) {
	t.Parallel()
	c := credentials(t, "https://user:"+canary+"@api-acme.xdr.us.paloaltonetworks.com", canary, Advanced)
	type holder struct {
		Shown  Credentials
		hidden Credentials
		ptr    *Credentials
		list   []any
	}
	out := c.redactor()
	h := holder{c, c, &c, []any{c, &c, out, &out}}
	var printed bytes.Buffer
	values := []any{c, &c, h, &h, []Credentials{c}, map[string]any{"c": c}, fmt.Errorf("wrapped: %v", c), out, &out}
	for _, verb := range "vsqxXdtpTbcoOUeEfFgG" {
		for _, flags := range []string{"", "+", "#"} {
			for _, value := range values {
				fmt.Fprintf(&printed, "%"+flags+string(verb)+"\n", value)
			}
		}
	}
	must(t, json.NewEncoder(&printed).Encode(values))
	for _, sink := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
		slog.New(sink).Info("check", "c", c, "ptr", &c, "holder", h, "out", out, slog.Group("g", "c", c))
	}
	if xdrtest.Leak(printed.String(), canary) != "" {
		t.Errorf("the key appears in:\n%s", printed.String())
	}
	if got := fmt.Sprintf("%+v", c); got != "key 7 (advanced) for https://api-acme.xdr.us.paloaltonetworks.com" {
		t.Errorf("printed as %q", got)
	}
}

func TestNewCredentialsRefuses(t *testing.T) {
	t.Parallel()
	good := &url.URL{Scheme: "https", Host: "h"}
	for _, c := range []struct {
		name      string
		base      *url.URL
		id, key   string
		level     SecurityLevel
		wantNamed string
	}{
		{"no base", nil, "7", canary, Standard, "base URL"},
		{"no host", &url.URL{Scheme: "https"}, "7", canary, Standard, "base URL"},
		{"other scheme", &url.URL{Scheme: "ftp", Host: "h"}, "7", canary, Standard, "base URL"},
		{"an escape", good, "7", `a\b`, Standard, "api_key:"},
		{"a key as id", good, canary[:leakLength], canary, Standard, "api_key_id:"},
		{"empty id", good, "", canary, Standard, "api_key_id"},
		{"id with a line break", good, "7\n8", canary, Standard, "api_key_id"},
		{"empty key", good, "7", "", Standard, "api_key:"},
		{"key with a space", good, "7", canary + " x", Standard, "api_key:"},
		{"key beyond ASCII", good, "7", canary + "é", Standard, "api_key:"},
		{"no level", good, "7", canary, "", "security_level"},
		{"level in capitals", good, "7", canary, "Advanced", "security_level"},
	} {
		_, err := NewCredentials(c.base, c.id, c.key, c.level)
		if err == nil || !strings.Contains(err.Error(), c.wantNamed) || xdrtest.Leak(err.Error(), canary) != "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
