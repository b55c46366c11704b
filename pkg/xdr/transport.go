package xdr

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// maxHeaderBytes bounds the headers of an answer. Small ones take sixteen times their size in memory.
const maxHeaderBytes = 1 << 20

// NewTransport returns a transport for calls that may take timeout as a whole: half of it for the connection, half for
// the TLS handshake. The call's context has to bound the whole. The reply's headers may take 1 MiB. TLS is always
// verified; HTTPS_PROXY and SSL_CERT_FILE work as usual. 0 sets no limit.
func NewTransport(timeout time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            (&net.Dialer{Timeout: timeout / 2}).DialContext, // a dialer of our own also turns HTTP/2 off
		TLSHandshakeTimeout:    timeout / 2,
		MaxResponseHeaderBytes: maxHeaderBytes,
		IdleConnTimeout:        time.Minute, // by the wall clock, so that it counts a frozen sandbox's sleep
		MaxIdleConnsPerHost:    8,
	}
}

// refusedByProxy keeps a proxy's own words out of errors: they may repeat the credentials of HTTPS_PROXY.
func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return fmt.Errorf("the proxy of HTTPS_PROXY refused to connect: HTTP %d", answer.StatusCode)
}

// ProxyLogin returns the password with which a request goes to the proxy of HTTPS_PROXY, and the login as it is sent. A
// proxy may repeat either. Both are empty where there is none.
func ProxyLogin(r *http.Request) (password, sent string) {
	u, err := http.ProxyFromEnvironment(r)
	if err != nil || u == nil || u.User == nil {
		return "", ""
	}
	password, _ = u.User.Password()
	return password, base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password))
}

// FinalOnly refuses every answer that is no final HTTP response. After a 101, net/http hands over the bare connection,
// which no context and no timeout reaches: a read from it may wait for ever. Nothing here asks for a 101.
type FinalOnly struct{ http.RoundTripper }

// RoundTrip makes one request. It follows no redirects.
func (f FinalOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := f.RoundTripper.RoundTrip(r)
	if err != nil || isFinal(resp) {
		return resp, err
	}
	_ = resp.Body.Close()
	return nil, fmt.Errorf("%s with status %d is not a final HTTP answer: a proxy or a wrong address?",
		resp.Proto, resp.StatusCode)
}

// Do is RoundTrip under the name that the AWS SDK calls.
func (f FinalOnly) Do(r *http.Request) (*http.Response, error) { return f.RoundTrip(r) }

// isFinal takes HTTP/2 only where the connection speaks it: a mere claim is none.
func isFinal(resp *http.Response) bool {
	http2 := resp.ProtoMajor == 2 && resp.TLS != nil && resp.TLS.NegotiatedProtocol == "h2"
	return resp.StatusCode >= 200 && (resp.ProtoMajor == 1 || http2)
}
