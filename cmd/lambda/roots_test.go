package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// Go reads the system store once in a process, so these are the same in every run of a test.
var (
	amazon  = xdrtest.NewAuthority("Amazon")
	google  = xdrtest.NewAuthority("Google Trust Services LLC")
	vendor  = xdrtest.NewAuthority("DigiCert Inc")
	private = xdrtest.NewAuthority("Acme Private")
	forged  = xdrtest.NewAuthority("Amazon")
)

// issued is a certificate for 127.0.0.1.
func issued(a *xdrtest.Authority) []tls.Certificate {
	return []tls.Certificate{a.Issue(time.Now().Add(time.Hour), "127.0.0.1")}
}

func serve(t *testing.T, a *xdrtest.Authority) *httptest.Server {
	t.Helper()
	return serveTLS(t, &tls.Config{Certificates: issued(a)})
}

func serveTLS(t *testing.T, config *tls.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = config
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func bundle(t *testing.T, parts ...[]byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca-bundle.crt")
	if err := os.WriteFile(file, bytes.Join(parts, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func connect(d *tlsDialer, server *httptest.Server, host string) error {
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	client := http.Client{Transport: &http.Transport{DialTLSContext: d.DialContext}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("https://" + host + ":" + port)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

func TestUsualRoots(t *testing.T) {
	t.Parallel()
	junk := []byte("# a comment\n-----BEGIN CERTIFICATE-----\nQW1hem9u\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n")
	pool := usualRoots(bundle(t, []byte("# Amazon\n"), private.PEM(), amazon.PEM(), google.PEM(), vendor.PEM(), junk))
	want := x509.NewCertPool()
	want.AppendCertsFromPEM(amazon.PEM())
	want.AppendCertsFromPEM(google.PEM())
	want.AppendCertsFromPEM(vendor.PEM())
	if pool == nil || !pool.Equal(want) {
		t.Error("not the roots of the usual authorities")
	}
	for _, file := range []string{bundle(t, private.PEM()), bundle(t, junk), bundle(t), filepath.Join(t.TempDir(), "none")} {
		if usualRoots(file) != nil {
			t.Errorf("%s: roots", file)
		}
	}
}

// The system store decides wherever the usual roots do not.
func TestTLSDialer(t *testing.T) {
	t.Setenv("SSL_CERT_FILE", bundle(t, amazon.PEM(), private.PEM()))
	t.Setenv("SSL_CERT_DIR", t.TempDir())
	d := newTLSDialer(5 * time.Second)
	want := x509.NewCertPool()
	want.AppendCertsFromPEM(amazon.PEM())
	if roots := d.roots(); roots == nil || !roots.Equal(want) {
		t.Error("the usual roots are not those of SSL_CERT_FILE")
	}
	if err := connect(d, serve(t, amazon), "127.0.0.1"); err != nil {
		t.Errorf("a usual authority: %v", err)
	}
	if err := connect(d, serve(t, private), "127.0.0.1"); err != nil {
		t.Errorf("a private authority in SSL_CERT_FILE: %v", err)
	}
	old := &tls.Config{Certificates: issued(amazon), MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if err := connect(d, serveTLS(t, old), "127.0.0.1"); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.1: %v", err)
	}
	var unknown x509.UnknownAuthorityError
	if err := connect(d, serve(t, forged), "127.0.0.1"); !errors.As(err, &unknown) {
		t.Errorf("an authority with a usual name that is not in the store: %v", err)
	}
	var name x509.HostnameError
	if err := connect(d, serve(t, amazon), "localhost"); !errors.As(err, &name) {
		t.Errorf("a certificate for another name: %v", err)
	}
}

func TestTLSDialerEndsInTime(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	d := newTLSDialer(50 * time.Millisecond)
	if _, err := d.DialContext(t.Context(), "tcp", silent.Addr().String()); !os.IsTimeout(err) && !strings.Contains(err.Error(), "deadline exceeded") {
		t.Errorf("a handshake that never ends: %v", err)
	}
}
