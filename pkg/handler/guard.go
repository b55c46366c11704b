package handler

import (
	"errors"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// maxSecretReply bounds an answer of Secrets Manager, whose values take at most 64 KiB. The SDK would read any length.
const maxSecretReply = 1 << 20

// guard stands between the SDK and the network for one fetch. It takes answers of bounded size only, and remembers what
// the requests were signed with: AWS repeats it where it does not agree.
type guard struct {
	next secretsmanager.HTTPClient

	mu      sync.Mutex
	secrets []string
}

// install is an option of one call of the SDK.
func (g *guard) install(o *secretsmanager.Options) { g.next, o.HTTPClient = o.HTTPClient, g }

// Do makes one attempt.
func (g *guard) Do(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	g.secrets = append(g.secrets, r.Header.Get("Authorization"), r.Header.Get("X-Amz-Security-Token"))
	g.mu.Unlock()
	resp, err := g.next.Do(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxSecretReply)
	}
	return resp, err
}

// told takes secrets out of an error and out of its cause, of which the code stays.
func (e *Error) told(out xdr.Redactor) {
	e.Message = out.Line(e.Message, maxMessage)
	if e.Err == nil {
		return
	}
	line := out.Line(e.Err.Error(), maxMessage)
	if line == e.Err.Error() {
		return
	}
	cause := toldError{text: line}
	var answer interface{ ErrorCode() string }
	if errors.As(e.Err, &answer) {
		cause.code = answer.ErrorCode()
	}
	if errors.Is(e.Err, ErrOrigin) {
		cause.err = ErrOrigin
	}
	e.Err = cause
}

// toldError is what may be told of an error of AWS or about a secret.
type toldError struct {
	text, code string
	err        error
}

func (e toldError) Error() string     { return e.text }
func (e toldError) ErrorCode() string { return e.code }
func (e toldError) Unwrap() error     { return e.err }

// out is the way out for what was said in the fetch.
func (g *guard) out() xdr.Redactor {
	g.mu.Lock()
	defer g.mu.Unlock()
	return xdr.NewRedactor(g.secrets...)
}
