package xdr

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"
)

// Defaults of [Client].
const (
	DefaultTimeout             = 10 * time.Second
	DefaultMaxReplyBytes int64 = 64 << 20
)

const path = "/public_api/v1/actions/get_action_status"

// Client asks for the status of response actions. The zero value works; a Client is safe for
// concurrent use.
type Client struct {
	// Transport carries the requests; nil means one shared transport of [NewTransport].
	// Redirects are not followed: a 3xx reply is an error.
	Transport http.RoundTripper
	// Timeout bounds a whole call, within the deadline of its context. 0 means [DefaultTimeout].
	Timeout time.Duration
	// MaxReplyBytes bounds the reply, after decompression. 0 means [DefaultMaxReplyBytes].
	MaxReplyBytes int64
	// Now is the clock of timestamps and of the skew; nil means [time.Now].
	Now func() time.Time
	// Random is the source of nonces; nil means [rand.Reader].
	Random io.Reader
}

var defaultTransport = NewTransport(DefaultTimeout)

// GetActionStatus asks how the action with this group_action_id stands on each of its agents and
// hands the reply to sink as it arrives. A reply without agents is no error: the API does not say
// whether the action is new, gone or unknown. Any failure is an [*Error]; what sink took until then
// is to be thrown away.
//
// API: https://docs-cortex.paloaltonetworks.com/r/Cortex-XDR-REST-API/Get-Action-Status
func (c *Client) GetActionStatus(ctx context.Context, cred Credentials, groupActionID int64, sink Sink) error {
	timeout := cmp.Or(c.Timeout, DefaultTimeout)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	if cred.key == nil {
		return &Error{Kind: NoAnswer, Err: errors.New("no credentials")}
	}
	resp, err := c.send(ctx, cred, groupActionID)
	if err != nil {
		return &Error{Kind: NoAnswer, Err: cred.clean(plainCause(ctx, err))}
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is lost: the reply has been judged by then

	arrived := c.now()
	if resp.StatusCode != http.StatusOK {
		return receipt(resp, arrived, cred).refused(resp, cred)
	}
	body := &watchedBody{r: http.MaxBytesReader(nil, resp.Body, cmp.Or(c.MaxReplyBytes, DefaultMaxReplyBytes))}
	said, err := readReply(body, cred, sink)
	if err == nil && body.err == nil && !said.isError() {
		return nil
	}
	return receipt(resp, arrived, cred).judge(ctx, said, body.err, err, cred)
}

// send makes one attempt, and a second one where the first met a dead kept-alive connection, which
// is what a sandbox finds after it was frozen. net/http could replay by itself, but with the nonce of
// the first attempt, which the API may have seen.
func (c *Client) send(ctx context.Context, cred Credentials, id int64) (*http.Response, error) {
	resp, dead, err := c.attempt(ctx, cred, id)
	if err == nil || !dead {
		return resp, err
	}
	if t, ok := c.transport().(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	resp, _, err = c.attempt(ctx, cred, id)
	return resp, err
}

// attempt tells beside its error whether a kept-alive connection was dead: no byte came back on it, and not for
// lack of time.
func (c *Client) attempt(ctx context.Context, cred Credentials, id int64) (resp *http.Response, dead bool, err error) {
	var reused, answered atomic.Bool // the transport calls back from goroutines of its own
	req, err := c.request(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(i httptrace.GotConnInfo) { reused.Store(i.Reused) },
		GotFirstResponseByte: func() { answered.Store(true) },
	}), cred, id)
	if err != nil {
		return nil, false, err
	}
	resp, err = c.transport().RoundTrip(req)
	var slow net.Error
	late := ctx.Err() != nil || errors.As(err, &slow) && slow.Timeout()
	return resp, reused.Load() && !answered.Load() && !late, err
}

// request builds and signs one attempt.
func (c *Client) request(ctx context.Context, cred Credentials, id int64) (*http.Request, error) {
	body := []byte(`{"request_data":{"group_action_id":` + strconv.FormatInt(id, 10) + `}}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, cred.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	random := c.Random
	if random == nil {
		random = rand.Reader
	}
	nonce, err := newNonce(random)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	cred.sign(req.Header, nonce, c.now())
	return req, nil
}

func (c *Client) transport() http.RoundTripper {
	if c.Transport != nil {
		return c.Transport
	}
	return defaultTransport
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// watchedBody remembers a failure of the connection, to tell it from bad JSON.
type watchedBody struct {
	r   io.Reader
	err error // the first error other than io.EOF
}

func (w *watchedBody) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}
