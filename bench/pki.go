package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// trust is the certificate store of a machine, laid out as on Amazon Linux 2023: one bundle of all roots, and a
// directory with a file for each root and two links to it.
type trust struct {
	bundle, directory string
	server            tls.Certificate
}

const roots = 145

// organizations own the first of the roots, as many as in a real store.
var organizations = []string{
	"Amazon", "Amazon", "Amazon", "Amazon", "DigiCert Inc", "DigiCert Inc", "DigiCert Inc", "DigiCert Inc", "DigiCert Inc", "DigiCert Inc", "DigiCert Inc",
	"Google Trust Services LLC", "Google Trust Services LLC", "Google Trust Services LLC", "Google Trust Services LLC",
}

// newTrust makes a store whose last root has signed, through an intermediate, a certificate for the stubs.
func newTrust(dir string) (trust, error) {
	t := trust{bundle: filepath.Join(dir, "ca-bundle.crt"), directory: filepath.Join(dir, "certs")}
	if err := os.Mkdir(t.directory, 0o700); err != nil {
		return t, err
	}
	root, err := newAuthority("Amazon Bench Root", nil)
	if err != nil {
		return t, err
	}
	middle, err := newAuthority("Bench Intermediate", root)
	if err != nil {
		return t, err
	}
	if t.server, err = middle.serverCertificate(); err != nil {
		return t, err
	}
	return t, t.write(root)
}

func (t trust) write(last *authority) error {
	var bundle []byte
	for i := range roots {
		der := last.der
		if i < roots-1 {
			var err error
			if der, err = last.filler(i); err != nil {
				return err
			}
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		bundle = append(bundle, text...)
		name := fmt.Sprintf("Root_Certification_Authority_%d.pem", i)
		if err := os.WriteFile(filepath.Join(t.directory, name), text, 0o600); err != nil {
			return err
		}
		for link := range 2 {
			if err := os.Symlink(name, filepath.Join(t.directory, fmt.Sprintf("%08x.%d", i*2654435761%(1<<32), link))); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(t.bundle, bundle, 0o600)
}

type authority struct {
	cert *x509.Certificate
	der  []byte
	key  *rsa.PrivateKey
	up   *authority
}

func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{Country: []string{"US"}, Organization: []string{"Bench Trust Services"}, CommonName: name},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

// newAuthority signs itself if there is nobody above.
func newAuthority(name string, up *authority) (*authority, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	a := &authority{key: key, up: up}
	parent, signer := template(name), key
	if up != nil {
		parent, signer = up.cert, up.key
	}
	if a.der, err = x509.CreateCertificate(rand.Reader, template(name), parent, &key.PublicKey, signer); err != nil {
		return nil, err
	}
	a.cert, err = x509.ParseCertificate(a.der)
	return a, err
}

func (a *authority) serverCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // quick to sign with: the stubs are not measured
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf := template("127.0.0.1")
	leaf.IsCA, leaf.KeyUsage = false, x509.KeyUsageDigitalSignature
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	leaf.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.cert, &key.PublicKey, a.key)
	return tls.Certificate{Certificate: [][]byte{der, a.der}, PrivateKey: key}, err
}

// filler is another root of the store, which nobody uses. Three of four have an RSA key, most of 4096 bits: any
// number will do, since its signatures are never checked.
func (a *authority) filler(i int) ([]byte, error) {
	var public crypto.PublicKey
	switch i % 4 {
	case 0:
		key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
		if err != nil {
			return nil, err
		}
		public = &key.PublicKey
	default:
		modulus := make([]byte, 512)
		if i%4 == 1 {
			modulus = modulus[:256]
		}
		_, _ = rand.Read(modulus) // never fails
		modulus[0] |= 0x80
		public = &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: 65537}
	}
	name := template(fmt.Sprintf("Root Certification Authority %d", i))
	if i < len(organizations) {
		name.Subject.Organization = organizations[i : i+1]
	}
	return x509.CreateCertificate(rand.Reader, name, name, public, a.key)
}
