package main

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// systemBundle is where Amazon Linux 2023 keeps all its root certificates.
const systemBundle = "/etc/pki/tls/certs/ca-bundle.crt"

// usualAuthorities are the organizations that sign for AWS and for the API; the vendor lists its own. Parsing only
// their roots saves most of the time of a first handshake.
var usualAuthorities = [][]byte{
	[]byte("Amazon"), []byte("Google Trust Services"), []byte("DigiCert"), []byte("GoDaddy"), []byte("GlobalSign"),
}

// usualFirst verifies a host against the usual roots. It is a guess: where it is wrong, the system's whole store
// decides, and from then on at once.
type usualFirst struct {
	usual  func() *http.Transport // read with the first request
	system *http.Transport

	mu    sync.Mutex
	wrong map[string]bool // whether the usual roots do not verify a host, once that is known
}

func newUsualFirst(timeout time.Duration) *usualFirst {
	u := &usualFirst{system: xdr.NewTransport(timeout), wrong: map[string]bool{}}
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
// body is kept open for that where nothing is known of the host.
func (u *usualFirst) RoundTrip(r *http.Request) (*http.Response, error) {
	wrong, known := u.isWrong(r.URL.Host)
	if wrong {
		return u.system.RoundTrip(r)
	}
	first := r
	if !known && r.Body != nil {
		first = r.WithContext(r.Context())
		first.Body = io.NopCloser(r.Body)
	}
	resp, err := u.usual().RoundTrip(first)
	refused := err != nil && refusesCertificate(err)
	if refused || err == nil && !known {
		u.mu.Lock()
		u.wrong[r.URL.Host] = refused
		u.mu.Unlock()
	}
	if refused {
		return u.system.RoundTrip(r)
	}
	return resp, err
}

// CloseIdleConnections closes those of both.
func (u *usualFirst) CloseIdleConnections() {
	u.usual().CloseIdleConnections()
	u.system.CloseIdleConnections()
}

func (u *usualFirst) isWrong(host string) (wrong, known bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	wrong, known = u.wrong[host]
	return wrong, known
}

func refusesCertificate(err error) bool {
	_, refused := errors.AsType[*tls.CertificateVerificationError](err)
	return refused
}

// usualRoots picks the roots of the usual authorities from a bundle; nil if there are none. The system trusts every one
// of them too. The bundle is read by lines: its 200 KB in one piece would be a third of a start's page faults.
func usualRoots(file string) *x509.CertPool {
	bundle, err := os.Open(file) //nolint:gosec // the system's bundle, or the one that the operator has named
	if err != nil {
		return nil
	}
	defer bundle.Close() //nolint:errcheck // it was only read
	var pool *x509.CertPool
	var certificate []byte // its base64 so far
	for lines := bufio.NewScanner(bundle); lines.Scan(); {
		switch line := lines.Bytes(); string(line) {
		case "-----BEGIN CERTIFICATE-----":
			certificate = certificate[:0]
		case "-----END CERTIFICATE-----":
			if root := usualRoot(certificate); root != nil {
				if pool == nil {
					pool = x509.NewCertPool()
				}
				pool.AddCert(root)
			}
		default:
			certificate = append(certificate, line...)
		}
	}
	return pool
}

// usualRoot reads a certificate of a usual authority, and nil for any other text. It looks only into its first bytes,
// which hold its issuer: of a root, that is itself.
func usualRoot(text []byte) *x509.Certificate {
	var head [192]byte
	n, _ := base64.StdEncoding.Decode(head[:], text[:min(256, len(text))])
	if !slices.ContainsFunc(usualAuthorities, func(name []byte) bool { return bytes.Contains(head[:n], name) }) {
		return nil
	}
	der, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return nil
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return root
}
