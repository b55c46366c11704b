package xdr

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Kind says where a call failed.
type Kind int

// The four ways to learn nothing.
const (
	NoAnswer    Kind = iota + 1 // the connection failed, timed out or broke off before the whole answer was in
	Refused                     // the API said no, in its own error object
	Intercepted                 // something in between said no: an HTTP error that is not in the API's words
	Unreadable                  // HTTP 200, and not the documented shape, or over the size limit
)

// Error is the one error of a call. Its text is one line, complete enough to act on, and holds no secret.
type Error struct {
	Kind       Kind
	StatusCode int           // the HTTP status, or the err_code in its place where one came with HTTP 200; 0 without an answer
	Code       string        // err_code as the API wrote it
	Message    string        // err_msg, or the beginning of a body that is not the API's
	Extra      string        // err_extra: text, or compact JSON of any shape
	RequestID  string        // the reply's request id, if it has one
	RetryAfter time.Duration // how long the reply asks to wait; 0 if it does not
	ClockSkew  time.Duration // how far the clock here is ahead of the reply's Date; 0 without a Date
	Err        error         // the cause, for NoAnswer and Unreadable
}

func (e *Error) Unwrap() error { return e.Err }

func (e *Error) Error() string {
	var b strings.Builder
	switch e.Kind {
	case Refused:
		fmt.Fprintf(&b, "Cortex XDR answered %d", e.StatusCode)
	case Intercepted:
		fmt.Fprintf(&b, "HTTP %d, not in the API's words: a proxy or a wrong api_url?", e.StatusCode)
	case Unreadable:
		fmt.Fprintf(&b, "HTTP %d with an unreadable reply: %v", e.StatusCode, e.Err)
	case NoAnswer:
		fmt.Fprintf(&b, "no answer: %v", e.Err)
	}
	for _, part := range []struct{ name, value string }{
		{"err_code", e.Code}, {"err_msg", e.Message}, {"err_extra", e.Extra}, {"request id", e.RequestID},
	} {
		if part.name == "err_msg" && e.Kind == Intercepted {
			part.name = "body"
		}
		if part.value != "" {
			fmt.Fprintf(&b, "; %s: %s", part.name, part.value)
		}
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, "; retry after %v", e.RetryAfter)
	}
	return b.String()
}

// requestIDHeaders are tried in this order; the API documents none.
var requestIDHeaders = []string{"X-Request-Id", "X-Correlation-Id", "X-Cloud-Trace-Context", "X-Amzn-Requestid"}

// receipt notes what the headers of a reply say that arrived at a moment.
func receipt(resp *http.Response, arrived time.Time, cred Credentials) *Error {
	e := &Error{StatusCode: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), arrived)}
	for _, name := range requestIDHeaders {
		e.RequestID = cmp.Or(e.RequestID, cred.line(resp.Header.Get(name), 128))
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		e.ClockSkew = arrived.Sub(date)
	}
	return e
}

// retryAfter reads both forms of RFC 9110, section 10.2.3: seconds and a date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now).Round(time.Second))
	}
	return 0
}

const (
	maxErrorBody = 64 << 10 // bytes read of an error reply
	maxText      = 512      // characters kept of each of its texts
)

// refused reads the body of a reply other than HTTP 200.
func (e *Error) refused(resp *http.Response, cred Credentials) *Error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what came of it tells enough
	said, err := readReply(bytes.NewReader(body), cred, ignore{})
	if err == nil && said.any() {
		e.Kind = Refused
		e.say(said, cred)
		return e
	}
	e.Kind = Intercepted
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	e.Message = cred.line(mediaType+" "+string(body), maxText)
	return e
}

// judge turns what was read of an HTTP 200 reply that is no good one into an error.
func (e *Error) judge(ctx context.Context, said refusal, broken, err error, cred Credentials) *Error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(broken, &tooLarge):
		e.Kind, e.Err = Unreadable, fmt.Errorf("over the limit of %d bytes", tooLarge.Limit)
	case broken != nil:
		e.Kind, e.Err = NoAnswer, cred.clean(plainCause(ctx, broken))
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		e.Kind, e.Err = NoAnswer, errors.New("the reply broke off")
	case err != nil:
		e.Kind, e.Err = Unreadable, cred.clean(err)
	default:
		e.Kind = Refused
		e.say(said, cred)
		if code, err := strconv.Atoi(e.Code); err == nil && code >= 100 && code <= 599 {
			e.StatusCode = code
		}
	}
	return e
}

func (e *Error) say(said refusal, cred Credentials) {
	e.Code, e.Message, e.Extra = cred.line(text(said.code), 64), cred.line(text(said.msg), maxText), cred.line(text(said.extra), maxText)
}

// plainCause says a timeout in plain words; everything else the network says is kept.
func plainCause(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("timed out: %w", context.DeadlineExceeded)
	}
	return err
}
