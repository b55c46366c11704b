package torture

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// proxyLogin is what a proxy is sent for a user with the canary as password.
var proxyLogin = "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+xdrtest.Canary))

// proxies are ways in which a forward proxy answers CONNECT; each gets the connection and where it should lead.
var proxies = []struct {
	name, want string
	answer     func(client net.Conn, upstream string)
}{
	{"good", right, tunnel},
	{"wants other credentials", "XDR.Unavailable", says("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")},
	{"refuses and repeats what it got", "XDR.Unavailable", says("HTTP/1.1 403 " + proxyLogin + " user:" + xdrtest.Canary + "\r\n\r\n")},
	{"fails", "XDR.Unavailable", says("HTTP/1.1 502 Bad Gateway\r\n\r\n")},
	{"speaks nonsense", "XDR.Unavailable", says("\x00\x01\x02")},
	{"hangs up", "XDR.Unavailable", says("")},
	{"pretends to be the API", "XDR.Unavailable", says("HTTP/1.1 200 OK\r\n\r\n{\"reply\":{\"data\":{\"a\":\"COMPLETED_SUCCESSFULLY\"}}}")},
}

func says(text string) func(net.Conn, string) {
	return func(c net.Conn, _ string) { fmt.Fprint(c, text) }
}

func tunnel(c net.Conn, upstream string) {
	u, err := net.Dial("tcp", upstream)
	if err != nil {
		return
	}
	defer u.Close()
	fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(u, c) }()
	_, _ = io.Copy(c, u)
}

// TestForwardProxy: HTTPS_PROXY works with credentials in its URL, and whatever the proxy does, they are not told.
func TestForwardProxy(t *testing.T) {
	t.Parallel()
	p, inject := newPKI(t), injector(t)
	for _, c := range proxies {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newServices(t, inject, &p, 300)
			address := "https://" + proxiedHost
			l.sim.SetSecret(strings.Replace(l.sim.SecretValue(), l.api.url, address, 1), false)
			asked := make(chan string, 10)
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked <- r.Method + " " + r.Host + " " + r.Header.Get("Proxy-Authorization")
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					return
				}
				defer conn.Close()
				c.answer(conn, l.api.server.Listener.Addr().String())
			}))
			t.Cleanup(proxy.Close)
			f := lambdatest.Start(t, lambdatest.Options{Binary: bootstrap, Env: map[string]string{
				"XDR_SECRET_ID": "xdr/sim", "XDR_ALLOWED_ORIGINS": address, "AWS_ENDPOINT_URL_SECRETS_MANAGER": l.secrets.url, "SSL_CERT_FILE": p.file,
				"HTTPS_PROXY": strings.Replace(proxy.URL, "//", "//user:"+xdrtest.Canary+"@", 1), "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
			}})
			l.step = invoke(f)
			if outcome := l.check(t, random(0)); outcome != c.want {
				t.Errorf("%s: %s", outcome, l.message)
			}
			if got := <-asked; got != "CONNECT "+proxiedHost+":443 "+proxyLogin {
				t.Errorf("the proxy was asked: %s", got)
			}
			noSecrets(t, f.Output())
			if piece := xdrtest.Leak(f.Output()+l.message, proxyLogin); piece != "" {
				t.Errorf("the proxy's credentials appear: %q", piece)
			}
		})
	}
}
