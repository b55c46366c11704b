package xdr

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Kind says where a call failed.
type Kind int

// The four ways in which a call fails.
const (
	NoAnswer    Kind = iota + 1 // the connection failed, timed out or broke off before the whole answer was in
	Refused                     // the API said no, in its own error object
	Intercepted                 // something in between said no: an HTTP error that is not in the API's words
	Unreadable                  // HTTP 200, and not the documented shape, or over the size limit
)

// Error is the one error of a call. Its text is one line, complete enough to act on, and holds no secret.
type Error struct {
	Kind       Kind
	StatusCode int           // of HTTP, or the err_code that came with HTTP 200; 0 without an answer
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
	text := e.happened()
	message := "err_msg"
	if e.Kind == Intercepted {
		message = "body"
	}
	for _, part := range []struct{ name, value string }{
		{"err_code", e.Code}, {message, e.Message}, {"err_extra", e.Extra}, {"request id", e.RequestID},
	} {
		if part.value != "" {
			text += "; " + part.name + ": " + part.value
		}
	}
	if e.RetryAfter > 0 {
		text += fmt.Sprint("; retry after ", e.RetryAfter)
	}
	return text
}

func (e *Error) happened() string {
	switch e.Kind {
	case Refused:
		return fmt.Sprintf("Cortex XDR answered %d", e.StatusCode)
	case Intercepted:
		return fmt.Sprintf("HTTP %d, not in the API's words: a proxy or a wrong api_url?", e.StatusCode)
	case Unreadable:
		return fmt.Sprintf("HTTP %d with an unreadable reply: %v", e.StatusCode, e.Err)
	case NoAnswer:
	}
	return fmt.Sprintf("no answer: %v", e.Err)
}

// Limits of an error's texts, in characters.
const (
	maxCode      = 64
	maxRequestID = 128
	maxText      = 512
)

// shown makes an error fit to leave this package: its texts come from outside. Its cause stays what it is if its text
// needs no change.
func (e *Error) shown(out Redactor) *Error {
	e.Code = out.Line(e.Code, maxCode)
	e.Message = out.Line(e.Message, maxText)
	e.Extra = out.Line(e.Extra, maxText)
	e.RequestID = out.Line(e.RequestID, maxRequestID)
	if e.Err != nil {
		if line := out.Line(e.Err.Error(), maxText); line != e.Err.Error() {
			e.Err = errors.New(line)
		}
	}
	return e
}

// after says of a call that ran out of time how long it waited.
func (e *Error) after(ctx context.Context, began time.Time) *Error {
	waited := time.Since(began).Round(100 * time.Millisecond)
	switch {
	case e.Kind != NoAnswer:
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		e.Err = fmt.Errorf("timed out after %v: %w", waited, context.DeadlineExceeded)
	case isLate(ctx, e.Err):
		e.Err = fmt.Errorf("%w (after %v)", e.Err, waited)
	}
	return e
}

// receipt is an error of which only what the reply's headers say is known.
func receipt(resp *http.Response, arrived time.Time) *Error {
	h := resp.Header
	e := &Error{
		StatusCode: resp.StatusCode,
		RetryAfter: retryAfter(h.Get("Retry-After"), arrived),
		RequestID: cmp.Or( // the API documents none
			h.Get("X-Request-Id"), h.Get("X-Correlation-Id"), h.Get("X-Cloud-Trace-Context"), h.Get("X-Amzn-Requestid")),
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
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

const maxErrorBody = 64 << 10 // bytes read of a reply other than HTTP 200

// refusedBy reads a reply other than HTTP 200: in the API's words, or in those of something in between.
func (e *Error) refusedBy(resp *http.Response) *Error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what came of it tells enough
	if said, err := readReply(bytes.NewReader(body), ignore{}); err == nil && said.any() {
		return e.refused(said)
	}
	media := mediaType(resp)
	e.Kind = Intercepted
	e.Message = media + " " + string(body)
	const tooMany = "Too many requests." // the one refusal that the API does not write as JSON
	if resp.StatusCode == http.StatusTooManyRequests && media == "text/plain" && string(bytes.TrimSpace(body)) == tooMany {
		e.Kind = Refused
		e.Message = string(body)
	}
	return e
}

// refusal is the API's error object as it came, each value as JSON text. It may stand beside agents.
type refusal struct {
	code, msg, extra jsontext.Value
	agents           bool   // the reply names some
	odd              string // what else an empty reply says
}

// hasCode reports whether err_code names an error: 0 and "0" are none.
func (r refusal) hasCode() bool {
	return !slices.Contains([]string{"", "null", `""`, "0", `"0"`}, string(r.code))
}

func (r refusal) any() bool { return r.hasCode() || r.remark() != "" }

// isError reports whether this is a refusal: an err_code, or an error text that stands in place of agents.
func (r refusal) isError() bool { return r.hasCode() || r.remark() != "" && !r.agents }

// remark is the error text of a reply, which may come beside statuses.
func (r refusal) remark() string {
	msg := text(r.msg)
	extra := text(r.extra)
	if msg != "" && extra != "" {
		return msg + "; " + extra
	}
	return msg + extra
}

// refused takes over the API's error object.
func (e *Error) refused(said refusal) *Error {
	e.Kind = Refused
	e.Code = cmp.Or(text(said.code), string(said.code))
	e.Message = text(said.msg)
	e.Extra = text(said.extra)
	if code, err := strconv.Atoi(e.Code); err == nil && code >= 100 && code <= 599 && e.StatusCode == http.StatusOK {
		e.StatusCode = code
	}
	return e
}

// lostError is a failure of the connection, and no fault of the JSON.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

// errHTML tells of a page where JSON should be.
var errHTML = errors.New("a page of HTML, not JSON: is api_url the API's address, and is there a proxy in between?")

// unread says why a reply of HTTP 200 could not be read to its end.
func (e *Error) unread(resp *http.Response, err error) *Error {
	e.Kind = Unreadable
	e.Err = err
	var tooLarge *http.MaxBytesError
	var lost lostError
	switch {
	case errors.As(err, &tooLarge):
		e.Err = fmt.Errorf("over the limit of %d bytes", tooLarge.Limit)
	case errors.As(err, &lost):
		e.Kind = NoAnswer
		e.Err = lost.error
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		e.Kind = NoAnswer
		e.Err = errors.New("the reply broke off")
	case mediaType(resp) == "text/html":
		e.Err = errHTML
	}
	return e
}

func mediaType(resp *http.Response) string {
	name, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return name
}
