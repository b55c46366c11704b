package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"pgregory.net/rapid"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// vault is a Secrets Manager that answers by a function, and remembers what it was asked for.
type vault struct {
	mu    sync.Mutex
	value func(id string) string
	asked []string
}

func (v *vault) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, *in.SecretId)
	value, version := v.value(*in.SecretId), "1"
	return &secretsmanager.GetSecretValueOutput{SecretString: &value, VersionId: &version}, nil
}

// tripper takes requests in the place of the network.
type tripper func(*http.Request) *http.Response

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func newStep(c handler.Config, v *vault, t tripper) *handler.Step {
	return &handler.Step{
		Config: c, Secrets: v, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Random: func() float64 { return 0.5 }, XDR: &xdr.Client{Transport: t},
	}
}

// Addresses that must not get the key, under the default allow-list.
var tricks = []string{
	"https://evil-paloaltonetworks.com", "https://evilpaloaltonetworks.com", "https://paloaltonetworks.com", "https://.paloaltonetworks.com",
	"https://api.paloaltonetworks.com.evil.example", "https://evil.example/.paloaltonetworks.com", "https://evil.example#.paloaltonetworks.com",
	"https://evil.example?.paloaltonetworks.com", `https://evil.example\.paloaltonetworks.com`, "https://evil.example%2f.paloaltonetworks.com",
	"https://evil.example%00.paloaltonetworks.com", "https://api.paloaltonetworks.com@evil.example", "https://api.paloaltonetworks.com:pw@evil.example",
	"https://evil.example@api.paloaltonetworks.com", "https://api.paloaltonetworks.com.", "https://api.paloaltonetworks.com..", "https://api..paloaltonetworks.com",
	"https://api.pal\u03bfaltonetworks.com", "https://api.paloaltonetwor\u212as.com", "https://api.paloaltonetworks\u3002com", "https://api.paloaltonetworks.com\u200b",
	"https://xn--api-.xn--palaltonetworks-9kk.com", "https://api.paloaltonetwork\u0455.com", "https://api.PALOALTONETWORK\u017f.com",
	"https://[fe80::1%25.paloaltonetworks.com]", "https://[::1]", "https://[::ffff:127.0.0.1]", "https://127.0.0.1", "https://2130706433",
	"https://api.paloaltonetworks.com:8443", "https://api.paloaltonetworks.com:80", "https://api.paloaltonetworks.com:0443", "https://api.paloaltonetworks.com:99999",
	"http://api.paloaltonetworks.com", "http://api.paloaltonetworks.com:443", "ftp://api.paloaltonetworks.com", "file:///etc/passwd", "//api.paloaltonetworks.com",
	"https:api.paloaltonetworks.com", "https:/api.paloaltonetworks.com", "https:///api.paloaltonetworks.com", "https://*.paloaltonetworks.com", "https://a*b.paloaltonetworks.com",
	"https://api_x.paloaltonetworks.com", "https://api x.paloaltonetworks.com", "https://api.paloaltonetworks.com\n.evil.example", "https://evil.example\t.paloaltonetworks.com",
	"https://169.254.169.254/latest/meta-data/.paloaltonetworks.com", "javascript://api.paloaltonetworks.com", "https://api.paloaltonetworks.com?x=1", "https://api.paloaltonetworks.com#x",
}

// Addresses that may, and the host that the request must then go to.
var honest = map[string]string{
	"https://api-acme.xdr.us.paloaltonetworks.com":           "api-acme.xdr.us.paloaltonetworks.com",
	"HTTPS://API-ACME.XDR.US.PALOALTONETWORKS.COM":           "api-acme.xdr.us.paloaltonetworks.com",
	"https://api.paloaltonetworks.com:443/base/../../other/": "api.paloaltonetworks.com",
}

func TestCredentialsGoToAllowedOriginsOnly(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"api_url", "fqdn"} {
		for _, trick := range tricks {
			for _, address := range []string{trick, strings.TrimPrefix(trick, "https://")} {
				host, err := checkWith(field, address)
				if field == "fqdn" && err == nil && strings.HasSuffix(host, ".paloaltonetworks.com") && !strings.Contains(host, "evil") {
					continue // api- in front made it a name below the allowed one
				}
				if host != "" || err == nil || err.Name != handler.CredentialsInvalid && err.Name != handler.Unavailable {
					t.Errorf("%s %q: a request to %q, %v", field, address, host, err)
				}
			}
		}
	}
	for address, want := range honest {
		if host, err := checkWith("api_url", address); err != nil || !strings.EqualFold(strings.TrimSuffix(host, ":443"), want) {
			t.Errorf("%q: a request to %q, %v", address, host, err)
		}
	}
}

// checkWith makes a check with an address in the secret, and returns where its request went.
func checkWith(field, address string) (host string, failure *handler.Error) {
	secret, _ := json.Marshal(map[string]string{field: address, "api_key_id": "7", "api_key": xdrtest.Canary, "security_level": "standard"})
	c := handler.DefaultConfig()
	c.SecretID = "s"
	step := newStep(c, &vault{value: func(string) string { return string(secret) }}, func(r *http.Request) *http.Response {
		host = r.URL.Host
		return answer(200, `{"reply":{"data":{"a":"FAILED"}}}`)
	})
	_, err := step.Check(context.Background(), []byte(`{"group_action_id":1}`))
	errors.As(err, &failure)
	return host, failure
}

// A redirect would take the key along: it is an error, and the other host hears nothing.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		var hosts []string
		c := handler.DefaultConfig()
		c.SecretID = "s"
		secret := `{"api_url":"https://a.paloaltonetworks.com","api_key_id":"7","api_key":"` + xdrtest.Canary + `","security_level":"standard"}`
		step := newStep(c, &vault{value: func(string) string { return secret }}, func(r *http.Request) *http.Response {
			hosts = append(hosts, r.URL.Host)
			a := answer(status, "")
			a.Header.Set("Location", "https://evil.example/")
			return a
		})
		_, err := step.Check(t.Context(), []byte(`{"group_action_id":1}`))
		var named *handler.Error
		if !errors.As(err, &named) || named.Name != handler.Rejected || len(hosts) != 1 {
			t.Errorf("%d: %v, requests to %q", status, err, hosts)
		}
	}
}

// Whatever a tenant is called, the secret that is read is the prefix and that name, or none is.
func TestTenantNamesReachNoOtherSecret(t *testing.T) {
	t.Parallel()
	const prefix = "xdr/tenant-"
	try := func(tenant string) error {
		c := handler.DefaultConfig()
		c.SecretID, c.TenantSecretPrefix = "xdr/default", prefix
		v := &vault{value: func(string) string { return "{}" }}
		event, _ := json.Marshal(map[string]any{"group_action_id": 1, "tenant": tenant})
		_, err := newStep(c, v, nil).Check(context.Background(), event)
		plain := tenant != "" && len(tenant) <= 48 && strings.Trim(tenant, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
		want := []string{prefix + tenant}
		if !plain {
			want = nil
		}
		if fmt.Sprint(v.asked) != fmt.Sprint(want) {
			return fmt.Errorf("tenant %q: asked for %q, %v", tenant, v.asked, err) //nolint:errorlint // shown
		}
		return nil
	}
	names := []string{"acme", "../default", "..", "a/b", "a/../../default", "a%2fb", "a\x00", "a\nb", "arn:aws:secretsmanager:us-east-1:1:secret:x", "ä", "a ", " a", "*", "a*", "", strings.Repeat("a", 48), strings.Repeat("a", 49)}
	for _, name := range names {
		if err := try(name); err != nil {
			t.Error(err)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		if err := try(rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z/.:%*_-]{0,50}`)).Draw(r, "tenant")); err != nil {
			r.Error(err)
		}
	})
}

// Checks for many tenants at a time, with secrets that are read again each time: no request carries another's key.
func TestTenantsKeysAreNotMixed(t *testing.T) {
	t.Parallel()
	const tenants = 20
	c := handler.DefaultConfig()
	c.TenantSecretPrefix, c.SecretTTL = "t-", 0
	v := &vault{value: func(id string) string {
		name := strings.TrimPrefix(id, "t-")
		return fmt.Sprintf(`{"api_url":"https://%s.paloaltonetworks.com","api_key_id":"7","api_key":"key-of-%s","security_level":"standard"}`, name, name)
	}}
	step := newStep(c, v, func(r *http.Request) *http.Response {
		name, _, _ := strings.Cut(r.URL.Host, ".")
		if got := r.Header.Get("Authorization"); got != "key-of-"+name {
			t.Errorf("%s was sent %s", name, got)
		}
		return answer(200, `{"reply":{"data":{"a":"FAILED"}}}`)
	})
	var group sync.WaitGroup
	for n := range tenants {
		for range 5 {
			group.Go(func() {
				for range pick(20, 200) {
					if _, err := step.Check(t.Context(), fmt.Appendf(nil, `{"group_action_id":1,"tenant":"%d"}`, n)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	group.Wait()
}
