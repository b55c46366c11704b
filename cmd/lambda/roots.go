package main

import (
	"cmp"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// systemBundle is where Amazon Linux 2023 keeps all its root certificates.
const systemBundle = "/etc/pki/tls/certs/ca-bundle.crt"

// usualFirst verifies a host against the usual roots. It is a guess: where it is wrong, the system's whole store
// decides, and later connections to that host use it at once.
type usualFirst struct {
	usual  func() *http.Transport // read with the first request
	system *http.Transport
	wrong  sync.Map // the hosts that the usual roots do not verify
}

func newUsualFirst(timeout time.Duration) *usualFirst {
	u := &usualFirst{system: xdr.NewTransport(timeout)}
	u.usual = sync.OnceValue(func() *http.Transport {
		roots := usualRoots(cmp.Or(os.Getenv("SSL_CERT_FILE"), systemBundle))
		if roots == nil {
			return u.system
		}
		t := xdr.NewTransport(timeout)
		t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		return t
	})
	return u
}

// RoundTrip makes one request. A host that is refused has got nothing yet, so the request can be made once more: its
// body is kept open for that.
func (u *usualFirst) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, wrong := u.wrong.Load(r.URL.Host); wrong {
		return u.system.RoundTrip(r)
	}
	first := r.WithContext(r.Context())
	if r.Body != nil {
		first.Body = io.NopCloser(r.Body)
	}
	resp, err := u.usual().RoundTrip(first)
	if _, refused := errors.AsType[*tls.CertificateVerificationError](err); !refused {
		return resp, err
	}
	u.wrong.Store(r.URL.Host, true)
	return u.system.RoundTrip(r)
}

// CloseIdleConnections closes those of both.
func (u *usualFirst) CloseIdleConnections() {
	u.usual().CloseIdleConnections()
	u.system.CloseIdleConnections()
}
