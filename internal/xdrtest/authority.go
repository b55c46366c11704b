package xdrtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"time"
)

// Authority is a certificate authority for tests. SSL_CERT_FILE may name a file with its [Authority.PEM].
type Authority struct {
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes an authority whose root certificate carries the name of an organization.
func NewAuthority(organization string) *Authority {
	a := &Authority{key: newECDSA()}
	a.root = &x509.Certificate{
		Subject:  pkix.Name{Organization: []string{organization}, CommonName: organization + " Root"},
		NotAfter: time.Now().Add(24 * time.Hour),
		IsCA:     true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	a.root = must(x509.ParseCertificate(a.sign(a.root, a.key)))
	return a
}

// PEM returns the root certificate as text.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw})
}

// Issue makes a server's certificate, good until a time, for hosts, which are names or IP addresses.
func (a *Authority) Issue(until time.Time, hosts ...string) tls.Certificate {
	leaf := &x509.Certificate{NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, host)
		}
	}
	key := newECDSA()
	return tls.Certificate{Certificate: [][]byte{a.sign(leaf, key)}, PrivateKey: key}
}

func (a *Authority) sign(c *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	c.NotBefore = time.Now().Add(-48 * time.Hour)
	c.BasicConstraintsValid = true
	return must(x509.CreateCertificate(rand.Reader, c, a.root, key.Public(), a.key))
}

func newECDSA() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

// must is for what fails only if this file is wrong.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
