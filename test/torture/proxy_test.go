package torture

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// TestForwardProxy: HTTPS_PROXY is asked with the credentials in its URL. Whatever it does, they do not come out.
func TestForwardProxy(t *testing.T) {
	t.Parallel()
	const host = "api-torture.example.invalid"
	login := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+xdrtest.Canary))
	answers := each("XDR.Unavailable", "proxy", ended, "HTTP/1.1 403 "+login+" user:"+xdrtest.Canary+"\r\n\r\n",
		"HTTP/1.1 502 Bad Gateway\r\n\r\n", "", "\x00\x01\x02", "HTTP/1.1 200 OK\r\n\r\nGOOD")
	for _, k := range answers {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan string, 10)
			k.play = then(func(c *call) { asked <- c.request }, k.play)
			proxy := serveOdd(t, k, "")
			sim := xdrtest.Start(t, tenant("standard"))
			sim.SetSecret(strings.Replace(sim.SecretValue(), sim.URL(), "https://"+host, 1), false)
			f := startFunction(t, "https://"+host, sim.URL(), lambdatest.Options{Env: map[string]string{
				"HTTPS_PROXY": strings.Replace(proxy.url, "//", "//user:"+xdrtest.Canary+"@", 1),
			}})
			l := &lane{r: random(0), function: f}
			if outcome := l.check(t); outcome != k.want {
				t.Errorf("%s: %s", outcome, l.message)
			}
			if got := <-asked; !strings.HasPrefix(got, "CONNECT "+host+":443 ") || !strings.Contains(got, login) {
				t.Errorf("the proxy was asked: %q", got)
			}
			noSecrets(t, f.Output()+l.message, login)
		})
	}
}
