package torture

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// TestNetworkFaultsLeaveNoGoroutine is the fault campaign with the step inside the test, where goroutines can be seen.
func TestNetworkFaultsLeaveNoGoroutine(t *testing.T) {
	p, sum, inject := newPKI(t), newSummary(), injector(t)
	t.Run("lanes", func(t *testing.T) {
		for n := range pick(8, 40) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				c := campaign{inject: inject, p: &p, r: random(uint64(500 + n)), sum: sum}
				l := newServices(t, inject, &p, 0)
				defer l.runInside(&p)()
				for range pick(4, 15) {
					c.oneFault(t, l)
					if l.api.hung || l.secrets.hung || t.Failed() {
						return
					}
				}
			})
		}
	})
	const client = 8 // of toxiproxy's own client
	var own, connections int
	eventually(t, "the goroutines end", func() bool {
		own, connections = goroutines("/pkg/handler.", "/pkg/xdr."), goroutines("net/http.(*persistConn)")
		return own == 0 && connections <= client
	})
	sum.print(t)
	t.Logf("goroutines afterwards: %d of the step, %d of all HTTP connections", own, connections)
}

// runInside makes a step in this process, and returns how to close its idle connections.
func (l *lane) runInside(p *pki) (closeIdle func()) {
	transport := xdr.NewTransport(httpTimeout)
	transport.TLSClientConfig = &tls.Config{RootCAs: p.pool, MinVersion: tls.VersionTLS12}
	key := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "x"}
	c := handler.DefaultConfig()
	c.SecretID, c.SecretTTL = "xdr/sim", time.Duration(l.ttl)*time.Second
	for _, address := range []string{l.api.url, unresolvable} {
		if o, err := handler.ParseOrigin(address); err == nil {
			c.AllowedOrigins = append(c.AllowedOrigins, o)
		}
	}
	s := &handler.Step{
		Config: c, Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: func() float64 { return 0.5 },
		XDR: &xdr.Client{Transport: transport, Timeout: httpTimeout},
		Secrets: secretsmanager.New(secretsmanager.Options{
			Region: "us-east-1", BaseEndpoint: &l.secrets.url, HTTPClient: &http.Client{Transport: transport},
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return key, nil }),
		}),
	}
	l.step = func(ctx context.Context, event []byte) ([]byte, string, string) {
		ctx, cancel := context.WithTimeout(ctx, functionTimeout)
		defer cancel()
		v, err := s.Check(ctx, event)
		var named *handler.Error
		if errors.As(err, &named) {
			return nil, string(named.Name), named.Text()
		}
		payload, _ := json.Marshal(v) // a verdict always has a JSON form
		return payload, "", ""
	}
	return transport.CloseIdleConnections
}

// goroutines counts those that have one of the texts in their stack.
func goroutines(texts ...string) int {
	buf := make([]byte, 8<<20)
	n := 0
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		for _, text := range texts {
			if strings.Contains(stack, text) {
				n++
				break
			}
		}
	}
	return n
}
