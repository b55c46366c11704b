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

// NewTransport returns a transport for calls that may take timeout as a whole: half of it for the connection, half for
// the TLS handshake, all of it for the reply's header. TLS is always verified; HTTPS_PROXY and SSL_CERT_FILE work as everywhere.
func NewTransport(timeout time.Duration) *http.Transport {
	only1 := new(http.Protocols)
	only1.SetHTTP1(true) // one small request at a time: HTTP/2 only costs start-up time
	return &http.Transport{
		Proxy:                  proxy,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            (&net.Dialer{Timeout: timeout / 2}).DialContext,
		TLSHandshakeTimeout:    timeout / 2,
		ResponseHeaderTimeout:  timeout,
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
