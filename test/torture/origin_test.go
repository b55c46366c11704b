package torture

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// vault is a Secrets Manager.
type vault func(id string) (value string)

func (v vault) GetSecretValue(
	_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	value := v(*in.SecretId)
	return &secretsmanager.GetSecretValueOutput{SecretString: &value, VersionId: in.SecretId}, nil
}

// network takes requests in the place of the network. The action has failed.
type network func(*http.Request)

func (f network) RoundTrip(r *http.Request) (*http.Response, error) {
	f(r)
	return answer(200, `{"reply":{"data":{"a":"FAILED"}}}`), nil
}

func stepWith(c handler.Config, secrets vault, seen network) *handler.Step {
	return &handler.Step{Config: c, Secrets: secrets, XDR: &xdr.Client{Transport: seen}}
}

// Addresses that must not get the key, under the default allow-list; $ is paloaltonetworks.com. Those that may get it are
// in pkg/handler's tests.
var tricks = []string{
	"https://evil-$", "https://evil$", "https://$", "https://.$", "https://api.$.evil.example", "https://evil.example/.$",
	"https://evil.example#.$", "https://evil.example?.$", `https://evil.example\.$`, "https://evil.example%2f.$",
	"https://evil.example%00.$", "https://api.$@evil.example", "https://api.$:pw@evil.example", "https://evil.example@api.$",
	"https://api.$.", "https://api.$..", "https://api..$", "https://api.pal\u03bfaltonetworks.com",
	"https://api.paloaltonetwor\u212as.com", "https://api.paloaltonetworks\u3002com", "https://api.$\u200b",
	"https://xn--api-.xn--palaltonetworks-9kk.com", "https://api.paloaltonetwork\u0455.com",
	"https://api.PALOALTONETWORK\u017f.com", "https://[fe80::1%25.$]", "https://[::1]", "https://[::ffff:127.0.0.1]",
	"https://127.0.0.1", "https://2130706433", "https://api.$:8443", "https://api.$:80", "https://api.$:0443",
	"https://api.$:99999", "http://api.$", "http://api.$:443", "ftp://api.$", "file:///etc/passwd", "//api.$", "https:api.$",
	"https:/api.$", "https:///api.$", "https://*.$", "https://a*b.$", "https://api_x.$", "https://api x.$",
	"https://api.$\n.evil.example", "https://evil.example\t.$", "https://169.254.169.254/latest/meta-data/.$",
	"javascript://api.$", "https://api.$?x=1", "https://api.$#x",
}

func TestCredentialsGoToAllowedOriginsOnly(t *testing.T) {
	t.Parallel()
	for _, trick := range tricks {
		for _, field := range []string{"api_url", "fqdn"} {
			for _, address := range []string{trick, strings.TrimPrefix(trick, "https://")} {
				host, err := checkAt(field, address)
				allowed := strings.HasSuffix(host, ".paloaltonetworks.com") && !strings.Contains(host, "evil")
				if field == "fqdn" && err == nil && allowed {
					continue // api- in front made it a name below the allowed one
				}
				if host != "" || !refused(err) {
					t.Errorf("%s %q: a request to %q, %v", field, address, host, err)
				}
			}
		}
	}
}

func refused(err error) bool {
	named, ok := errors.AsType[*handler.Error](err)
	return ok && (named.Name == handler.CredentialsInvalid || named.Name == handler.Unavailable)
}

func inFull(address string) string { return strings.ReplaceAll(address, "$", "paloaltonetworks.com") }

// checkAt makes a check with an address in the secret, and returns where its request went.
func checkAt(field, address string) (host string, err error) {
	c := handler.DefaultConfig()
	c.SecretID = "s"
	secret := func(string) string { return secretOf(field, inFull(address), xdrtest.Canary) }
	step := stepWith(c, secret, func(r *http.Request) { host = r.URL.Host })
	_, err = step.Check(context.Background(), []byte(`{"group_action_id":1}`))
	return host, err
}

const tenantName = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// Whatever a tenant is called, the secret that is read is the prefix and that name, or none is.
func TestTenantNamesReachNoOtherSecret(t *testing.T) {
	t.Parallel()
	c := handler.DefaultConfig()
	c.SecretID = "xdr/default"
	c.TenantSecretPrefix = "xdr/tenant-"
	for _, name := range []string{
		"acme", "../default", "..", "a/b", "a/../../default", "a%2fb", "a\x00", "a\nb", "ä", "a ", " a", "*", "a*", "",
		"arn:aws:secretsmanager:us-east-1:1:secret:x", strings.Repeat("a", 48), strings.Repeat("a", 49), tenantName[20:],
	} {
		asked, want := "none", "none"
		if name != "" && len(name) <= 48 && strings.Trim(name, tenantName) == "" {
			want = "xdr/tenant-" + name
		}
		step := stepWith(c, func(id string) string {
			asked = id
			return "{}"
		}, nil)
		_, err := step.Check(t.Context(), raw(map[string]any{"group_action_id": 1, "tenant": name}))
		if asked != want {
			t.Errorf("tenant %q: asked for %q: %v", name, asked, err)
		}
	}
}

// Checks for many tenants at a time, with secrets that are read again each time: no request carries another's key.
func TestTenantsKeysAreNotMixed(t *testing.T) {
	t.Parallel()
	c := handler.DefaultConfig()
	c.TenantSecretPrefix = "t-"
	c.SecretTTL = 0
	secret := func(id string) string {
		name := strings.TrimPrefix(id, "t-")
		return secretOf("api_url", "https://"+name+".paloaltonetworks.com", "key-of-"+name)
	}
	step := stepWith(c, secret, func(r *http.Request) {
		name, _, _ := strings.Cut(r.URL.Host, ".")
		if got := r.Header.Get("Authorization"); got != "key-of-"+name {
			t.Errorf("%s was sent %s", name, got)
		}
	})
	var group sync.WaitGroup
	for n := range 100 {
		event := fmt.Appendf(nil, `{"group_action_id":1,"tenant":"%d"}`, n%20)
		group.Go(func() {
			for range pick(20, 200) {
				if _, err := step.Check(t.Context(), event); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
