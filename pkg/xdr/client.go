package xdr

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Defaults of [Client].
const (
	DefaultTimeout             = 10 * time.Second
	DefaultMaxReplyBytes int64 = 64 << 20
)

const path = "/public_api/v1/actions/get_action_status"

// Client asks for the status of response actions. The zero value works; a Client is safe for concurrent use.
type Client struct {
	// Transport carries the requests; nil means one shared [NewTransport] with [DefaultTimeout]. Redirects are not
	// followed: a 3xx reply is an error.
	Transport http.RoundTripper
	// Timeout bounds a whole call, within the deadline of its context. 0 means [DefaultTimeout].
	Timeout time.Duration
	// MaxReplyBytes bounds the reply, after decompression. 0 means [DefaultMaxReplyBytes].
	MaxReplyBytes int64
	// Now is the clock of timestamps, of the skew and of Retry-After; nil means [time.Now].
	Now func() time.Time
}

var defaultTransport = NewTransport(DefaultTimeout)

// GetActionStatus asks how the action with this group_action_id stands on each of its agents and hands the reply to
// sink as it arrives. A reply without agents is no error: the API does not say whether the action is new, gone or
// unknown. Any failure is an [*Error]; then throw away what sink has taken.
//
// The remark is an error text (err_msg, err_extra) that came beside the statuses, or names an unknown member that came
// in place of agents. An action with a remark is neither a success yet nor unknown to the API. The remark is one line
// of at most 512 characters, without secrets.
//
// API: https://docs-cortex.paloaltonetworks.com/r/Cortex-XDR-REST-API/Get-Action-Status
func (c *Client) GetActionStatus(
	ctx context.Context, cred Credentials, groupActionID int64, sink Sink,
) (remark string, err error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, DefaultTimeout))
	defer cancel()
	if cred.key == nil {
		return "", &Error{Kind: NoAnswer, Err: errors.New("no credentials")}
	}
	began := time.Now()
	resp, out, err := c.send(ctx, cred, groupActionID)
	if err != nil {
		return "", (&Error{Kind: NoAnswer, Err: err}).after(ctx, began).shown(out)
	}
	defer resp.Body.Close()
	defer context.AfterFunc(ctx, func() { _ = resp.Body.Close() })()

	sink.Begin(out)
	remark, failure := c.receive(resp, sink)
	if failure != nil {
		return "", failure.after(ctx, began).shown(out)
	}
	return out.Line(remark, maxText), nil
}

// receive reads a reply; its remark and its error are as they came.
func (c *Client) receive(resp *http.Response, sink Sink) (remark string, failure *Error) {
	arrived := c.now()
	if resp.StatusCode != http.StatusOK {
		return "", receipt(resp, arrived).refusedBy(resp)
	}
	body := http.MaxBytesReader(nil, resp.Body, cmp.Or(c.MaxReplyBytes, DefaultMaxReplyBytes))
	said, err := readReply(body, sink)
	switch {
	case err != nil:
		return "", receipt(resp, arrived).unread(resp, err)
	case said.isError():
		return "", receipt(resp, arrived).refused(said)
	}
	return cmp.Or(said.remark(), said.odd), nil
}

// send makes one attempt, and a second one where the first met a dead kept-alive connection, which is what a sandbox
// finds after it was frozen. net/http could replay by itself, but with the nonce of the first attempt, which the API
// may have seen.
func (c *Client) send(ctx context.Context, cred Credentials, id int64) (*http.Response, Redactor, error) {
	transport := cmp.Or[http.RoundTripper](c.Transport, defaultTransport)
	first := c.request(cred, id)
	resp, dead, err := attempt(ctx, transport, first)
	if err == nil || !dead {
		return resp, cred.redactor(first), err
	}
	if t, ok := transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
	second := c.request(cred, id)
	resp, _, err = attempt(ctx, transport, second)
	return resp, cred.redactor(first, second), err
}

// attempt reports beside its error whether a kept-alive connection was dead: no byte came back on it, and not for lack
// of time.
func attempt(ctx context.Context, via http.RoundTripper, r *http.Request) (resp *http.Response, dead bool, err error) {
	var t struct {
		httptrace.ClientTrace
		reused, answered atomic.Bool // the transport calls back from goroutines of its own
	}
	t.GotConn = func(i httptrace.GotConnInfo) { t.reused.Store(i.Reused) }
	t.GotFirstResponseByte = func() { t.answered.Store(true) }
	ctx = httptrace.WithClientTrace(ctx, &t.ClientTrace)
	resp, err = FinalOnly{via}.RoundTrip(r.WithContext(ctx))
	return resp, t.reused.Load() && !t.answered.Load() && !isLate(ctx, err), err
}

// isLate reports whether an error is for lack of time.
func isLate(ctx context.Context, err error) bool {
	slow, ok := errors.AsType[net.Error](err)
	return ctx.Err() != nil || ok && slow.Timeout()
}

// request builds and signs one attempt.
func (c *Client) request(cred Credentials, id int64) *http.Request {
	body := `{"request_data":{"group_action_id":` + strconv.FormatInt(id, 10) + `}}`
	req := &http.Request{
		Method:        http.MethodPost,
		URL:           cred.address,
		Header:        make(http.Header, 6),
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
	}
	set(req.Header, "Accept", "application/json", "Content-Type", "application/json")
	cred.sign(req.Header, newNonce(), c.now())
	return req
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}
