package handler

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// ErrorName is the name of an error, matched by ErrorEquals in Retry and Catch.
//
// Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
type ErrorName string

// One name for each reaction of a workflow: three to retry, six to fail on.
const (
	InvalidRequest         ErrorName = "XDR.InvalidRequest"         // the event is wrong: fail
	CredentialsInvalid     ErrorName = "XDR.CredentialsInvalid"     // the secret is missing, denied or wrong: fail
	CredentialsUnavailable ErrorName = "XDR.CredentialsUnavailable" // Secrets Manager is throttled, down or slow: retry
	Unauthorized           ErrorName = "XDR.Unauthorized"           // the API refuses the key (401, 402, 403): fail
	Throttled              ErrorName = "XDR.Throttled"              // 429: retry, slower
	Unavailable            ErrorName = "XDR.Unavailable"            // network, timeout, 5xx, 408: retry
	TimedOut               ErrorName = "XDR.TimedOut"               // one of these three, past the deadline: fail
	Rejected               ErrorName = "XDR.Rejected"               // any other refusal, or an unreadable reply: fail
	Internal               ErrorName = "XDR.Internal"               // a bug in this package: fail
)

// ErrOrigin is the cause of an error about an address that is not on the allow-list.
var ErrOrigin = errors.New("is not on the allow-list XDR_ALLOWED_ORIGINS")

// Error is the only error that [Step.Check] returns. Its texts are one line each, without secrets.
type Error struct {
	Name          ErrorName
	Last          ErrorName // of TimedOut: the error that lasted until the deadline
	GroupActionID int64     // the action that was asked about; 0 where the event does not say
	Message       string    // what is wrong
	Advice        string    // what to look at; only Unauthorized has it
	Err           error     // the cause, if there is one

	stack string // of a panic, for the log: function names and addresses, no values
}

func (e *Error) Error() string { return string(e.Name) + ": " + e.Text() }
func (e *Error) Unwrap() error { return e.Err }

// Text is all but the name: what Lambda reports as errorMessage.
func (e *Error) Text() string {
	text := e.Message
	if e.GroupActionID != 0 {
		text = fmt.Sprintf("group_action_id %d: %s", e.GroupActionID, text)
	}
	if e.Last != "" {
		text = string(e.Last) + ": " + text
	}
	if e.Advice != "" {
		text += "; " + e.Advice
	}
	return clip(text, maxMessage)
}

// Temporary reports whether the same check may succeed later.
func (e *Error) Temporary() bool {
	switch e.Name {
	case CredentialsUnavailable, Throttled, Unavailable:
		return true
	case InvalidRequest, CredentialsInvalid, Unauthorized, TimedOut, Rejected, Internal:
	}
	return false
}

// clip makes a text fit for a message or a log where there are no credentials to know the secrets of.
func clip(s string, limit int) string { return xdr.Redactor{}.Line(s, limit) }

func errorf(name ErrorName, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Name: name, Message: err.Error(), Err: errors.Unwrap(err)}
}

// maxMessage bounds a message, in characters: enough for all that the API says, and far below the Cause's 32,768.
const maxMessage = 4_000

// exit is the one place where an error gets its name for the workflow, and the action that it is about. After the
// deadline, an error that may pass is final.
func (s *Step) exit(err error, about request) *Error {
	named := *classified(err) // a copy: checks that share a fetch share its error
	named.GroupActionID = about.id
	if _, left := s.times(about, s.Now()); left == 0 && named.Temporary() {
		named.Last = named.Name
		named.Name = TimedOut
		named.Message += fmt.Sprintf("; the deadline, %v after started_at, has passed", s.timeoutOf(about))
	}
	return &named
}

func classified(err error) *Error {
	if named, ok := errors.AsType[*Error](err); ok {
		return named
	}
	call, ok := errors.AsType[*xdr.Error](err)
	if !ok {
		return errorf(Internal, "unexpected error: %w", err)
	}
	named := errorf(nameOf(call), "%w", err)
	if named.Name == Unauthorized {
		named.Advice = keyAdvice(call)
	}
	return named
}

func nameOf(e *xdr.Error) ErrorName {
	switch e.Kind {
	case xdr.NoAnswer:
		return Unavailable
	case xdr.Unreadable:
		return Rejected
	case xdr.Refused, xdr.Intercepted:
	}
	switch status := e.StatusCode; {
	case status == 401, status == 402, status == 403:
		return Unauthorized
	case status == 429:
		return Throttled
	case status >= 500, status == 408:
		return Unavailable
	}
	return Rejected
}

// keyAdvice says what to look at where the key is refused. Only if the API itself refuses it, the key may be wrong.
func keyAdvice(e *xdr.Error) string {
	advice := "something between here and the API refuses: " +
		"check api_url and HTTPS_PROXY, and whether the tenant accepts this IP address"
	switch {
	case e.Kind != xdr.Refused:
	case e.StatusCode == 401:
		advice = "check api_key_id, api_key and security_level in the secret"
	case e.StatusCode == 402:
		advice = "the tenant's licence does not cover this call: ask whoever owns the licence"
	case e.StatusCode == 403:
		advice = "give the key's role the right to view the Action Center"
	}
	switch skew := e.ClockSkew.Round(time.Second); {
	case skew > time.Minute:
		advice += fmt.Sprintf("; the clock here is %v ahead of the API's", skew)
	case skew < -time.Minute:
		advice += fmt.Sprintf("; the clock here is %v behind the API's", -skew)
	}
	return advice
}

// recovered names a panic. Its value may hold anything, so only the runtime's own words are shown.
func recovered(value any) *Error {
	e := errorf(Internal, "panic with a %T", value)
	err, _ := value.(error)
	if bug, ok := errors.AsType[runtime.Error](err); ok {
		e = errorf(Internal, "panic: %w", bug)
	}
	e.stack = string(debug.Stack())
	return e
}

// told takes secrets out of an error and out of its cause, of which the code stays, and [ErrOrigin].
func (e *Error) told(out xdr.Redactor) {
	e.Message = out.Line(e.Message, maxMessage)
	if e.Err == nil {
		return
	}
	if line := out.Line(e.Err.Error(), maxMessage); line != e.Err.Error() {
		e.Err = toldError{text: line, code: codeOf(e.Err), isOrigin: errors.Is(e.Err, ErrOrigin)}
	}
}

// toldError is what may be told of an error of AWS or about a secret.
type toldError struct {
	text, code string
	isOrigin   bool
}

func (e toldError) Error() string        { return e.text }
func (e toldError) ErrorCode() string    { return e.code }
func (e toldError) Is(target error) bool { return e.isOrigin && target == ErrOrigin }
