package main

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"os"
	"slices"
)

// usualAuthorities are the organizations that sign for AWS and for the API; the vendor lists its own. Parsing only
// their roots saves most of the time of a first handshake.
var usualAuthorities = [][]byte{
	[]byte("Amazon"), []byte("Google Trust Services"), []byte("DigiCert"), []byte("GoDaddy"), []byte("GlobalSign"),
}

// usualRoots picks the roots of the usual authorities from a bundle; nil if there are none. The system trusts every one
// of them too. The bundle is read by lines: its 220 KB in one piece would cost dozens of page faults.
func usualRoots(file string) *x509.CertPool {
	bundle, err := os.Open(file) //nolint:gosec // the system's bundle, or the one that the operator has named
	if err != nil {
		return nil
	}
	defer bundle.Close()
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
	der, _ := base64.StdEncoding.AppendDecode(nil, text)
	root, _ := x509.ParseCertificate(der) // nil if it is none
	return root
}
