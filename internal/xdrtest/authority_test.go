package xdrtest_test

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

func TestAuthority(t *testing.T) {
	t.Parallel()
	a := xdrtest.NewAuthority("Test")
	tomorrow := time.Now().Add(24 * time.Hour)
	verify := func(signer *xdrtest.Authority, until time.Time, host string) error {
		leaf, err := x509.ParseCertificate(signer.Issue(until, "127.0.0.1", "a.example").Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		_, err = leaf.Verify(x509.VerifyOptions{Roots: a.Pool(), DNSName: host})
		return err
	}
	for _, host := range []string{"127.0.0.1", "a.example"} {
		if err := verify(a, tomorrow, host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, ok := errors.AsType[x509.HostnameError](verify(a, tomorrow, "b.example")); !ok {
		t.Error("valid for another host")
	}
	past, ok := errors.AsType[x509.CertificateInvalidError](verify(a, time.Now().Add(-time.Hour), "a.example"))
	if !ok || past.Reason != x509.Expired {
		t.Errorf("not expired: %v", past)
	}
	namesake := xdrtest.NewAuthority("Test")
	if _, ok := errors.AsType[x509.UnknownAuthorityError](verify(namesake, tomorrow, "a.example")); !ok {
		t.Error("another authority of the same name is trusted")
	}
	if !x509.NewCertPool().AppendCertsFromPEM(a.PEM()) {
		t.Error("PEM holds no certificate")
	}
}
