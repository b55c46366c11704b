package xdr

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// Each kind of answer, and who is said to have given it. The clock stands at 10:00:00.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const ok = "200 OK\r\nContent-Type: application/json\r\n\r\n"
	const chunks = "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n"
	const html = "200 HTTP 200 with an unreadable reply: a page of HTML, not JSON: is api_url the API's address, and is there a proxy in between?"
	const odd = ", not in the API's words: a proxy or a wrong api_url?"
	const throttled = "429 Too Many\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
	for _, c := range []struct{ name, answer, want string }{
		{"success", ok + `{"reply":{"data":{"a":"FAILED"}}}`, "a=FAILED "},
		{"chunks", chunks + `{"reply":{"data":{"a":"FAILED"` + "\r\n3\r\n}}}\r\n0\r\n\r\n", "a=FAILED "},
		{"chunks cut short", chunks + `{"reply":{"data"`, "200 no answer: unexpected EOF"},
		{"less than its length", "200 OK\r\nContent-Length: 500\r\n\r\n{\"reply\":{}}", "200 no answer: unexpected EOF"},
		{"cut without a length", ok + `{"reply":`, "200 no answer: the reply broke off"},
		{"nothing", "200 OK\r\nContent-Length: 0\r\n\r\n", "200 no answer: the reply broke off"},
		{"HTML in 502", "502 Bad\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Bad\nGateway", "502 HTTP 502" + odd + "; body: text/html <p>Bad Gateway"},
		{"HTML by its type", "200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\nBad Gateway", html},
		{"HTML without its type", "200 OK\r\n\r\n<html/>", html},
		{"wrong type", ok + `{"reply":[]}`, `200 HTTP 200 with an unreadable reply: expected an object, got [, at "/reply"`},
		{"another member, empty data", ok + `{"reply":{"data":null,"x":1}}`, `no agents, but the member "x"`},
		{"empty", ok + `{"reply":{"data":{},"errorReasons":[],"x":null,"y":""}}`, ""},
		{"odd reasons, empty data", ok + `{"reply":{"data":{},"errorReasons":"soon"}}`, `no agents, but the member "errorReasons"`},
		{"another member, agents", ok + `{"reply":{"data":{"a":"FAILED"},"x":1,"errorReasons":"y"}}`, "a=FAILED "},
		{"no content", "204 No Content\r\n\r\n", "204 HTTP 204" + odd},
		{"503", "503 Down\r\nRetry-After: 120\r\n\r\n", "503 HTTP 503" + odd + "; retry after 2m0s"},
		{"401", "401 No\r\nX-Request-Id: req-1\r\nDate: Tue, 24 Nov 2026 09:58:00 GMT\r\n\r\n" + `{"reply":{"err_code":401,"err_msg":"unauthorized","err_extra":null}}`,
			"401 Cortex XDR answered 401; err_code: 401; err_msg: unauthorized; request id: req-1, 2m0s ahead"},
		{"401 in 200", "200 OK\r\nDate: Tue, 24 Nov 2026 09:57:00 GMT\r\n\r\n" + `{"reply":{"err_code":"401"}}`, "401 Cortex XDR answered 401; err_code: 401, 3m0s ahead"},
		{"500 without reply", "500 No\r\n\r\n" + `{"err_code": "500", "err_msg": "An error", "err_extra": [{"loc": "x"}]}`,
			`500 Cortex XDR answered 500; err_code: 500; err_msg: An error; err_extra: [{"loc":"x"}]`},
		{"an error text in place of agents", ok + `{"reply":{"err_msg":"No such action"}}`, "200 Cortex XDR answered 200; err_msg: No such action"},
		{"an odd code in 200", ok + `{"reply":{"err_code":"E-17"}}`, "200 Cortex XDR answered 200; err_code: E-17"},
		{"a code of an odd shape", ok + `{"reply":{"err_code":{}}}`, "200 Cortex XDR answered 200; err_code: {}"},
		{"a code below HTTP's", ok + `{"reply":{"err_code":99}}`, "200 Cortex XDR answered 200; err_code: 99"},
		{"HTTP's first code", ok + `{"reply":{"err_code":100}}`, "100 Cortex XDR answered 100; err_code: 100"},
		{"HTTP's last code", ok + `{"reply":{"err_code":599}}`, "599 Cortex XDR answered 599; err_code: 599"},
		{"a code above HTTP's", ok + `{"reply":{"err_code":600}}`, "200 Cortex XDR answered 200; err_code: 600"},
		{"another code in 403", "403 No\r\n\r\n" + `{"reply":{"err_code":500}}`, "403 Cortex XDR answered 403; err_code: 500"},
		{"429 with a date", "429 No\r\nRetry-After: Tue, 24 Nov 2026 10:00:30 GMT\r\n\r\n" + `{"reply":{"err_code":429}}`, "429 Cortex XDR answered 429; err_code: 429; retry after 30s"},
		{"the API's throttling", throttled + "Too many requests.", "429 Cortex XDR answered 429; err_msg: Too many requests."},
		{"another's throttling", "429 No\r\nContent-Type: text/html\r\n\r\nToo many requests.", "429 HTTP 429" + odd + "; body: text/html Too many requests."},
		{"another's in text", throttled + "Slow down", "429 HTTP 429" + odd + "; body: text/plain Slow down"},
		{"a plain 403", "403 No\r\nContent-Type: text/plain\r\n\r\nToo many requests.", "403 HTTP 403" + odd + "; body: text/plain Too many requests."},
		{"a long refusal", "400 No\r\n\r\n" + `{"reply":{"err_code":400,"err_extra":"` + strings.Repeat("x", 60<<10) + `"}}`,
			"400 Cortex XDR answered 400; err_code: 400; err_extra: " + strings.Repeat("x", 511) + "…"},
		{"a long remark", ok + `{"reply":{"data":{"a":"FAILED"},"err_msg":"` + strings.Repeat("x", 513) + `"}}`, "a=FAILED " + strings.Repeat("x", 511) + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cl := client(t)
			cl.Now = func() time.Time { return time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC) }
			told := ask(t, cl, listen(t, func(conn net.Conn, _ int, _ *http.Request) bool {
				_, _ = io.WriteString(conn, "HTTP/1.1 "+c.answer)
				return true
			}), Standard)
			got := told.String() + told.remark
			if e := told.failed; e != nil {
				got = fmt.Sprint(e.StatusCode, " ", e)
				if e.ClockSkew != 0 {
					got += fmt.Sprintf(", %v ahead", e.ClockSkew)
				}
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// drip answers with the beginning of an answer, and goes on with a part of it, if there is one, without an end.
func drip(t *testing.T, begin, part string) string {
	t.Helper()
	return listen(t, func(conn net.Conn, _ int, _ *http.Request) bool {
		_, err := io.WriteString(conn, strings.ReplaceAll(begin, "KEY", canary))
		for part != "" && err == nil {
			time.Sleep(5 * time.Millisecond)
			_, err = io.WriteString(conn, part)
		}
		return false
	})
}

// An answer without an end ends with the call. How long was waited is said in tenths of a second. What is not HTTP can
// echo the key, too.
func TestEveryCallEnds(t *testing.T) {
	t.Parallel()
	const late = `^no answer: timed out after ([0-9]00ms|[0-9](\.[0-9])?s):`
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct{ name, begin, part, want string }{
		{"101 and silence", "HTTP/1.1 101 Up\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "", "HTTP/1.1 with status 101 is not a final HTTP answer"},
		{"101 without upgrade", "HTTP/1.1 101 Nothing\r\n\r\n{", "", "status 101 is not a final HTTP answer"},
		{"a claim of HTTP/2", "HTTP/2.0 200 OK\r\nContent-Length: 9\r\n\r\n{}", "", "HTTP/2.0 with status 200 is not a final HTTP answer"},
		{"status 99", "HTTP/1.1 099 Odd\r\nContent-Length: 9\r\n\r\n{}", "", "no answer: "},
		{"no HTTP", "KEY\r\n\r\n", "", "no answer: "},
		{"no status", "HTTP/1.1 KEY x\r\n\r\n", "", "no answer: "},
		{"no length", ok + "Content-Length: KEY\r\n\r\n", "", "no answer: "},
		{"no header", ok + "KEY\r\n\r\n", "", "no answer: "},
		{"silence", "", "", late},
		{"half a header", ok + "Content-", "", late},
		{"half a body", ok + "Content-Length: 100\r\n\r\n{", "", late},
		{"half of an error's body", "HTTP/1.1 503 Down\r\nContent-Length: 100\r\n\r\n<p>", "", "HTTP 503, not in the API's words"},
		{"a drip of 100 Continue", "", "HTTP/1.1 100 Continue\r\n\r\n", late},
		{"a drip of headers", ok, "X: y\r\n", late},
		{"a drip of body", ok + "\r\n", " ", late},
		{"a drip of chunks", ok + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n", late},
		{"2 MiB of headers", ok + strings.Repeat("X: y\r\n", 2<<20/6) + "\r\n{}", "", "headers exceeded 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cl := client(t) // with five seconds
			if c.want == late || strings.Contains(c.want, "503") {
				cl.Timeout = 330 * time.Millisecond
			}
			got := ask(t, cl, drip(t, c.begin, c.part), Advanced)
			if !regexp.MustCompile(c.want).MatchString(got.text) || xdrtest.Leak(fmt.Sprint(got.failed, errors.Unwrap(got.failed)), canary) != "" {
				t.Errorf("%s, want %q in it", got.text, c.want)
			}
		})
	}
}

// The body ends with the context, whatever the transport makes of it. That of an answer that is refused is closed, too:
// the bare connection would stay open.
func TestBodyIsClosed(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{200: "timed out after ", 101: "status 101 is not a final HTTP answer"} {
		body, w, err := os.Pipe()
		must(t, err)
		defer w.Close()
		c := &Client{Timeout: 50 * time.Millisecond, Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, ProtoMajor: 1, Body: body}, nil
		})}
		got := ask(t, c, "http://127.0.0.1:1", Standard)
		if err := body.Close(); !strings.Contains(got.text, want) || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s, closed again: %v", got.text, err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A transport of the caller's own may speak HTTP/2.
func TestRealHTTP2IsFinal(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"reply":{"data":{"`+r.Proto+`":"PENDING"}}}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	got := ask(t, &Client{Transport: server.Client().Transport}, server.URL, Standard)
	if got.String() != "HTTP/2.0=PENDING " || got.failed != nil {
		t.Errorf("%v, %s", got, got.text)
	}
}
