package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// systemBundle is where Amazon Linux 2023 keeps all its root certificates.
const systemBundle = "/etc/pki/tls/certs/ca-bundle.crt"

// usualAuthorities are the organizations that sign for AWS and for the API. Parsing only their roots saves most of the
// time of a first handshake. It is a guess: where it is wrong, the whole system store decides, as it would have.
var usualAuthorities = [][]byte{[]byte("Amazon"), []byte("Google Trust Services"), []byte("DigiCert")}

// tlsDialer connects like net/http does, but verifies against the usual roots first.
type tlsDialer struct {
	timeout time.Duration
	roots   func() *x509.CertPool // nil: the system's
}

func newTLSDialer(timeout time.Duration) *tlsDialer {
	return &tlsDialer{timeout: timeout, roots: sync.OnceValue(func() *x509.CertPool {
		return usualRoots(cmp.Or(os.Getenv("SSL_CERT_FILE"), systemBundle))
	})}
}

func (d *tlsDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	roots := d.roots()
	conn, err := dial(ctx, network, address, roots)
	var refused *tls.CertificateVerificationError
	if roots != nil && errors.As(err, &refused) {
		return dial(ctx, network, address, nil)
	}
	return conn, err
}

func dial(ctx context.Context, network, address string, roots *x509.CertPool) (net.Conn, error) {
	d := tls.Dialer{Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return d.DialContext(ctx, network, address)
}

// usualRoots picks the roots of the usual authorities from a bundle; nil if there are none. Every root in it is one that
// the system trusts too.
func usualRoots(file string) *x509.CertPool {
	text, err := os.ReadFile(file) // #nosec G304 G703 -- the system's bundle, or the one that the operator has named
	if err != nil {
		return nil
	}
	var pool *x509.CertPool
	begin := []byte("-----BEGIN CERTIFICATE-----\n")
	for i := bytes.Index(text, begin); i >= 0; i = bytes.Index(text, begin) {
		here := text[i:]
		text = here[len(begin):]
		if !isUsual(text) {
			continue
		}
		block, _ := pem.Decode(here)
		if block == nil || len(block.Headers) > 0 {
			continue
		}
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
			if pool == nil {
				pool = x509.NewCertPool()
			}
			pool.AddCert(cert)
		}
	}
	return pool
}

// isUsual looks only into the first lines of a certificate, which hold its issuer: of a root, that is itself.
func isUsual(certificate []byte) bool {
	const lines = 4 * 65
	var head [lines]byte
	n, _ := base64.StdEncoding.Decode(head[:], certificate[:min(lines, len(certificate))])
	return slices.ContainsFunc(usualAuthorities, func(name []byte) bool { return bytes.Contains(head[:n], name) })
}
