package handler_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

const maxMessage = 4_000 // characters of an error

// answering is Secrets Manager as a handler plays it.
func answering(t *testing.T, h http.HandlerFunc) *rig {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	r := newRig(t, xdrtest.Options{})
	r.Secrets = sdk(server.URL)
	return r
}

// AWS repeats what it was sent where it does not agree with the signature: neither that nor the session's token is
// told, in an error or in place of a secret. Some other store may have no versions.
func TestSecretsManagerEchoIsRedacted(t *testing.T) {
	t.Parallel()
	for name, answer := range map[handler.ErrorName]string{
		handler.CredentialsUnavailable: `{"__type":"SignatureDoesNotMatch","message":%s}`,
		handler.CredentialsInvalid:     `{"SecretString":%s}`,
	} {
		var signed string
		r := answering(t, func(w http.ResponseWriter, r *http.Request) {
			signed = r.Header.Get("Authorization")
			said := "The Canonical String should have been " + signed + "\n" + token + strings.Repeat(" x", 2*maxMessage)
			if name == handler.CredentialsInvalid {
				said = `{"api_url":"https://` + token + `.example","api_key_id":"7","api_key":"k","security_level":"standard"}`
			} else {
				w.WriteHeader(http.StatusForbidden)
			}
			text, _ := json.Marshal(said)
			fmt.Fprintf(w, answer, text)
		})
		err := r.fails(t, name, anyID)
		causes := ""
		for cause := error(err); cause != nil; cause = errors.Unwrap(cause) {
			causes += cause.Error()
		}
		if leak := xdrtest.Leak(causes+r.log.String(), token, signed); leak != "" || utf8.RuneCountInString(err.Text()) > maxMessage {
			t.Errorf("%q in %v", leak, err)
		}
		if errors.Is(err, handler.ErrOrigin) != (name == handler.CredentialsInvalid) {
			t.Errorf("%v: ErrOrigin is %v", err, errors.Is(err, handler.ErrOrigin))
		}
	}
}

// The SDK would read an answer of any length.
func TestSecretsManagerAnswerIsBounded(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400} {
		r := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"__type":"AccessDeniedException","SecretString":%q}`, strings.Repeat("x", 2<<20))
		})
		err := r.fails(t, handler.CredentialsUnavailable, anyID)
		if !strings.Contains(err.Message, "request body too large") {
			t.Errorf("%d: %v", status, err)
		}
	}
}
