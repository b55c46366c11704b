package torture

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// proxyLogin is what a proxy is sent for a user with the canary as password.
var proxyLogin = "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+xdrtest.Canary))

// proxies are bad answers of a forward proxy to CONNECT.
var proxies = map[string]string{
	"wants other credentials": "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
	"repeats what it got":     "HTTP/1.1 403 " + proxyLogin + " user:" + xdrtest.Canary + "\r\n\r\n",
	"fails":                   "HTTP/1.1 502 Bad Gateway\r\n\r\n",
	"hangs up":                "",
	"speaks nonsense":         "\x00\x01\x02",
	"pretends to be the API":  "HTTP/1.1 200 OK\r\n\r\n" + goodBody,
}

// TestForwardProxy: HTTPS_PROXY is asked with the credentials in its URL. Whatever it does, they do not come out.
func TestForwardProxy(t *testing.T) {
	t.Parallel()
	const host = "api-torture.example.invalid"
	for name, answer := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan string, 10)
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked <- r.Method + " " + r.Host + " " + r.Header.Get("Proxy-Authorization")
				if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
					fmt.Fprint(conn, answer)
					_ = conn.Close()
				}
			}))
			t.Cleanup(proxy.Close)
			sim := xdrtest.Start(t, tenant("standard"))
			sim.SetSecret(strings.Replace(sim.SecretValue(), sim.URL(), "https://"+host, 1), false)
			f := startFunction(t, "https://"+host, sim.URL(), lambdatest.Options{Env: map[string]string{
				"HTTPS_PROXY": strings.Replace(proxy.URL, "//", "//user:"+xdrtest.Canary+"@", 1),
			}})
			l := &lane{r: random(0), function: f}
			if outcome := l.check(t); outcome != "XDR.Unavailable" {
				t.Errorf("%s: %s", outcome, l.message)
			}
			if got := <-asked; got != "CONNECT "+host+":443 "+proxyLogin {
				t.Errorf("the proxy was asked: %s", got)
			}
			noSecrets(t, f.Output()+l.message, proxyLogin)
		})
	}
}
