package xdr

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

func FuzzReply(f *testing.F) {
	f.Add([]byte(`{"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY","b":"FAILED"},"errorReasons":{"b":{"errorDescription":"Element not found.\r\n"}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var got told
		said, err := readReply(strings.NewReader(string(body)), &got)
		if err != nil {
			return
		}
		// What was accepted has at least two quotes for each agent and each reason.
		if quotes := strings.Count(string(body), `"`); quotes < 2*got.events {
			t.Errorf("%d agents and reasons out of %d quotes", got.events, quotes)
		}
		_ = said.isError()
	})
}

func FuzzErrorBody(f *testing.F) {
	f.Add(401, []byte(`{"reply":{"err_code":401,"err_msg":"Unauthorized","err_extra":{"a":[1]}}}`))
	f.Add(503, []byte("<html><body>Bad Gateway</body></html>"))
	cred := credentials(f, "https://h", canary, Standard)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		resp := &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(string(body)))}
		e := (&Error{StatusCode: status}).refusedBy(resp).shown(cred.redactor())
		line := e.Error()
		switch {
		case e.Kind != Refused && e.Kind != Intercepted:
			t.Errorf("kind %d", e.Kind)
		case strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line):
			t.Errorf("not one line of text: %q", line)
		case len([]rune(line)) > 3*maxText:
			t.Errorf("%d characters", len(line))
		case xdrtest.Leak(line, canary) != "":
			t.Errorf("the key appears: %s", line)
		}
	})
}
