package xdrtest

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
	"time"
)

// Authority is a certificate authority for tests. A program trusts it if SSL_CERT_FILE names a file with its
// [Authority.PEM].
type Authority struct {
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes an authority whose root certificate carries the name of an organization.
func NewAuthority(organization string) *Authority {
	a := &Authority{key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	template := certificate(pkix.Name{Organization: []string{organization}, CommonName: organization + " Root"})
	template.IsCA = true
	template.KeyUsage = x509.KeyUsageCertSign
	der := must(x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key))
	a.root = must(x509.ParseCertificate(der))
	return a
}

// PEM returns the root certificate as text.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw})
}

// Issue makes a server's certificate for hosts, which are names or IP addresses. With a time in the past it has
// expired.
func (a *Authority) Issue(until time.Time, hosts ...string) tls.Certificate {
	template := certificate(pkix.Name{CommonName: "server"})
	template.NotAfter = until
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	der := must(x509.CreateCertificate(rand.Reader, template, a.root, key.Public(), a.key))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// certificate has what all certificates have. It is valid from two days ago until tomorrow.
func certificate(subject pkix.Name) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               subject,
		NotBefore:             time.Now().Add(-48 * time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true,
	}
}

// must is for what fails only if this file is wrong.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
