package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// Go reads the system store once in a process, so these are the same in every run of a test.
var (
	amazon  = xdrtest.NewAuthority("Amazon")
	google  = xdrtest.NewAuthority("Google Trust Services LLC")
	vendor  = xdrtest.NewAuthority("DigiCert Inc")
	goDaddy = xdrtest.NewAuthority("GoDaddy.com, Inc.")
	global  = xdrtest.NewAuthority("GlobalSign nv-sa")
	private = xdrtest.NewAuthority("Acme Private")
	forged  = xdrtest.NewAuthority("Amazon")
)

// issued is a server with a certificate for 127.0.0.1.
func issued(a *xdrtest.Authority) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{a.Issue(time.Now().Add(time.Hour), "127.0.0.1")}}
}

func serve(t *testing.T, config *tls.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = config
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func bundle(t *testing.T, parts ...[]byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca-bundle.crt")
	must(t, os.WriteFile(file, bytes.Join(parts, nil), 0o600))
	return file
}

// post sends a body, which must arrive whole. It is gone when it has been closed, as the AWS SDK's are.
func post(t *testing.T, u *usualFirst, server *httptest.Server, host string) error {
	t.Helper()
	body, err := os.Open(bundle(t, []byte("body")))
	must(t, err)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	client := http.Client{Transport: u}
	defer client.CloseIdleConnections()
	resp, err := client.Post("https://"+host+":"+port, "text/plain", body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if echo, err := io.ReadAll(resp.Body); err != nil || string(echo) != "body" {
		return fmt.Errorf("the body arrived as %q, %w", echo, err)
	}
	return nil
}

func TestUsualRoots(t *testing.T) {
	t.Parallel()
	junk := []byte("# a comment\n-----BEGIN CERTIFICATE-----\nQW1hem9u\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n")
	usual := slices.Concat(amazon.PEM(), google.PEM(), vendor.PEM(), goDaddy.PEM(), global.PEM())
	pool := usualRoots(bundle(t, []byte("# Amazon\n"), private.PEM(), usual, junk))
	want := x509.NewCertPool()
	want.AppendCertsFromPEM(usual)
	if pool == nil || !pool.Equal(want) {
		t.Error("not the roots of the usual authorities")
	}
	for _, file := range []string{bundle(t, private.PEM()), bundle(t, junk), bundle(t), filepath.Join(t.TempDir(), "none")} {
		if usualRoots(file) != nil {
			t.Errorf("%s: roots", file)
		}
	}
}

// tunnel is a proxy for HTTPS that counts its connections.
type tunnel struct{ atomic.Int32 }

func (n *tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.Add(1)
	server, err := net.Dial("tcp", r.Host)
	if err != nil {
		return
	}
	defer server.Close()
	client, _, _ := http.NewResponseController(w).Hijack()
	defer client.Close()
	_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(client, server) }()
	_, _ = io.Copy(server, client)
}

// The system store decides wherever the usual roots do not, and is asked at once the next time, through a proxy too. A
// system without a bundle, or one without usual roots, is asked directly.
func TestUsualFirst(t *testing.T) {
	t.Setenv("SSL_CERT_FILE", bundle(t, private.PEM()))
	if u := newUsualFirst(time.Second); u.usual() != u.system {
		t.Error("a transport of its own for no roots")
	}
	t.Setenv("SSL_CERT_FILE", bundle(t, amazon.PEM(), private.PEM()))
	t.Setenv("SSL_CERT_DIR", t.TempDir())
	var tunnels tunnel
	proxy := httptest.NewServer(&tunnels)
	defer proxy.Close()
	through, err := url.Parse(proxy.URL)
	must(t, err)
	u := newUsualFirst(5 * time.Second)
	if u.usual().Proxy == nil || u.system.Proxy == nil {
		t.Error("HTTPS_PROXY is not used")
	}
	for _, proxy := range []*url.URL{through, nil} {
		u.usual().Proxy = http.ProxyURL(proxy)
		u.system.Proxy = http.ProxyURL(proxy)
		for _, posts := range [][]struct {
			issuer     *xdrtest.Authority
			handshakes int32 // in all; each post closes its connections
		}{
			{{private, 2}, {private, 3}},
			{{amazon, 1}, {amazon, 2}, {private, 4}, {private, 5}, {amazon, 6}},
		} {
			var config atomic.Pointer[tls.Config]
			var handshakes atomic.Int32
			server := serve(t, &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
				handshakes.Add(1)
				return config.Load(), nil
			}})
			for _, p := range posts {
				config.Store(issued(p.issuer))
				if err := post(t, u, server, "127.0.0.1"); err != nil || handshakes.Load() != p.handshakes {
					t.Errorf("%v, %d handshakes, want %d", err, handshakes.Load(), p.handshakes)
				}
			}
		}
	}
	if tunnels.Load() != 9 {
		t.Errorf("%d connections through the proxy", tunnels.Load())
	}
	old := issued(amazon)
	old.MinVersion = tls.VersionTLS10
	old.MaxVersion = tls.VersionTLS11
	if err := post(t, u, serve(t, old), "127.0.0.1"); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.1: %v", err)
	}
	var unknown x509.UnknownAuthorityError
	if err := post(t, u, serve(t, issued(forged)), "127.0.0.1"); !errors.As(err, &unknown) {
		t.Errorf("an authority with a usual name that is not in the store: %v", err)
	}
	var name x509.HostnameError
	if err := post(t, u, serve(t, issued(amazon)), "localhost"); !errors.As(err, &name) {
		t.Errorf("a certificate for another name: %v", err)
	}
}
