package xdr

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const canary = xdrtest.Canary

// told is a Sink that writes down what it is told, and how a call ended.
type told struct {
	strings.Builder
	out    Redactor
	events int
	remark string
	failed *Error // nil where the call succeeded
	text   string // of the error
}

func (l *told) note(format string, id, what any) {
	l.events++
	fmt.Fprintf(l, format, id, what)
}

func (l *told) Begin(out Redactor)                   { l.out = out }
func (l *told) AgentStatus(id []byte, s Status)      { l.note("%s=%s ", id, s) }
func (l *told) NoStatus(id, value []byte)            { l.note("%s?%s ", id, value) }
func (l *told) ErrorReason(id []byte, r ErrorReason) { l.note("%s!%s ", id, r) }

func credentials(t testing.TB, address, key string, level SecurityLevel) Credentials {
	t.Helper()
	base, err := url.Parse(address)
	must(t, err)
	cred, err := NewCredentials(base, "7", key, level)
	must(t, err)
	return cred
}

// client has a transport of its own: the shared one's idle connections belong to all tests.
func client(t *testing.T) *Client {
	transport := NewTransport(5 * time.Second)
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{Transport: transport, Timeout: 5 * time.Second}
}

func ask(t *testing.T, c *Client, address string, level SecurityLevel) *told {
	t.Helper()
	var got told
	var err error
	got.remark, err = c.GetActionStatus(t.Context(), credentials(t, address, canary, level), 1, &got)
	if err != nil {
		got.text = err.Error()
		if !errors.As(err, &got.failed) || strings.ContainsAny(got.text, "\r\n") {
			t.Errorf("%T, %q: want an *xdr.Error of one line", err, got.text)
		}
	}
	return &got
}

// listen answers the requests of each connection, from 1, and hangs up when answer says so.
func listen(t *testing.T, answer func(conn net.Conn, n int, r *http.Request) (hangUp bool)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	serve := func(conn net.Conn) {
		defer conn.Close()
		requests := bufio.NewReader(conn)
		for n := 1; ; n++ {
			r, err := http.ReadRequest(requests)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			if answer(conn, n, r) {
				return
			}
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return "http://" + l.Addr().String()
}

// escaped spells a text with JSON escapes only.
func escaped(s string) string {
	var b strings.Builder
	for _, c := range s {
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return b.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
