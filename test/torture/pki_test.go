package torture

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// proxiedHost is a name that nobody can resolve: only a forward proxy leads there.
const proxiedHost = "api-torture.example.invalid"

// pki is an authority that the step trusts, and certificates of which one is good.
type pki struct {
	file string // the authority, for SSL_CERT_FILE
	pool *x509.CertPool

	good, expired, wrongHost, selfSigned *tls.Certificate
}

func newPKI(t *testing.T) pki {
	t.Helper()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "torture"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	authority := issue(t, ca, nil)
	leaf := func(signer *tls.Certificate, change func(*x509.Certificate)) *tls.Certificate {
		c := &x509.Certificate{
			SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "leaf"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{proxiedHost},
			NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		}
		change(c)
		return issue(t, c, signer)
	}
	p := pki{
		file:       filepath.Join(t.TempDir(), "ca.pem"),
		pool:       x509.NewCertPool(),
		good:       leaf(authority, func(*x509.Certificate) {}),
		expired:    leaf(authority, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }),
		wrongHost:  leaf(authority, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} }),
		selfSigned: leaf(nil, func(*x509.Certificate) {}),
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate[0]})
	p.pool.AppendCertsFromPEM(text)
	if err := os.WriteFile(p.file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// issue signs a certificate, with itself where there is no signer.
func issue(t *testing.T, c *x509.Certificate, signer *tls.Certificate) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent, with := c, any(key)
	if signer != nil {
		parent, with = signer.Leaf, signer.PrivateKey
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), with)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}
}
