package xdr

import (
	"context"
	"errors"
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
// verified; HTTPS_PROXY and SSL_CERT_FILE work as usual.
func NewTransport(timeout time.Duration) *http.Transport {
	only1 := new(http.Protocols)
	only1.SetHTTP1(true) // one small request at a time: HTTP/2 only costs start-up time
	return &http.Transport{
		Proxy:                  proxy,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            (&net.Dialer{Timeout: timeout / 2}).DialContext,
		TLSHandshakeTimeout:    timeout / 2,
		MaxResponseHeaderBytes: maxHeaderBytes,
		IdleConnTimeout:        time.Minute, // by the wall clock, so that it counts a frozen sandbox's sleep
		MaxIdleConnsPerHost:    8,
		Protocols:              only1,
	}
}

// refusedByProxy keeps a proxy's own words out of errors: they may repeat the credentials of HTTPS_PROXY.
func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return fmt.Errorf("the proxy of HTTPS_PROXY refused to connect: HTTP %d", answer.StatusCode)
}

// proxy keeps the text of a malformed HTTPS_PROXY, which may hold a password, out of errors.
func proxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("HTTPS_PROXY is not a valid proxy address")
	}
	return u, nil
}

// FinalOnly refuses every answer that is not a final one of HTTP. After a 101, net/http hands over the bare connection,
// which no context and no timeout reaches: a read from it may wait for ever. Nothing here asks for a 101.
type FinalOnly struct{ http.RoundTripper }

// RoundTrip makes one request. It follows no redirects.
func (f FinalOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := f.RoundTripper.RoundTrip(r)
	if err != nil || isFinal(resp) {
		return resp, err
	}
	_ = resp.Body.Close()
	return nil, fmt.Errorf("%s with status %d is no final answer: a proxy or a wrong address?",
		resp.Proto, resp.StatusCode)
}

// Do is RoundTrip under the name that the AWS SDK calls.
func (f FinalOnly) Do(r *http.Request) (*http.Response, error) { return f.RoundTrip(r) }

// isFinal takes HTTP/2 only where the connection speaks it: a mere claim is none.
func isFinal(resp *http.Response) bool {
	http2 := resp.ProtoMajor == 2 && resp.TLS != nil && resp.TLS.NegotiatedProtocol == "h2"
	return resp.StatusCode >= 200 && (resp.ProtoMajor == 1 || http2)
}
