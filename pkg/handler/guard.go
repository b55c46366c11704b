package handler

import (
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// maxSecretReply bounds an answer of Secrets Manager, whose values take at most 64 KiB. The SDK would read any length.
const maxSecretReply = 1 << 20

// guard stands between the SDK and the network for one fetch. It takes answers of bounded size only, and remembers what
// the requests were signed with: AWS repeats it where it does not agree.
type guard struct {
	next secretsmanager.HTTPClient

	mu      sync.Mutex
	secrets []string
}

// install is an option of one call of the SDK.
func (g *guard) install(o *secretsmanager.Options) { g.next, o.HTTPClient = o.HTTPClient, g }

// Do makes one attempt.
func (g *guard) Do(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	g.secrets = append(g.secrets, r.Header.Get("Authorization"), r.Header.Get("X-Amz-Security-Token"))
	g.mu.Unlock()
	resp, err := g.next.Do(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxSecretReply)
	}
	return resp, err
}

// out is the way out for what was said in the fetch.
func (g *guard) out() xdr.Redactor {
	g.mu.Lock()
	defer g.mu.Unlock()
	return xdr.NewRedactor(g.secrets...)
}
