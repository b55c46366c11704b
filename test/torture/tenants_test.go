package torture

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// tenants are the secrets and the APIs of many tenants. The key of each is its host.
type tenants struct{ t *testing.T }

func (tenants) GetSecretValue(
	_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	host := *in.SecretId + ".paloaltonetworks.com"
	value := secretOf("https://"+host, "7", host, "standard")
	return &secretsmanager.GetSecretValueOutput{SecretString: &value, VersionId: in.SecretId}, nil
}

func (n tenants) RoundTrip(r *http.Request) (*http.Response, error) {
	if key := r.Header.Get("Authorization"); key != r.URL.Host || !strings.HasPrefix(key, "tenant-") {
		n.t.Errorf("%s was sent %s", r.URL.Host, key)
	}
	return answer(200, `{"reply":{"data":{"a":"FAILED"}}}`), nil
}

// Checks for many tenants at a time, with secrets that are read again each time: no request carries another's key.
func TestTenantsKeysAreNotMixed(t *testing.T) {
	t.Parallel()
	c := handler.DefaultConfig()
	c.TenantSecretPrefix = "tenant-"
	c.SecretTTL = 0
	step := &handler.Step{Config: c, Secrets: tenants{t}, XDR: &xdr.Client{Transport: tenants{t}}}
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
