package xdrtest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is a reply that has not been sent yet, with all that is to go wrong on the way.
type answer struct {
	status int
	header http.Header
	body   func(writer)

	delay time.Duration
	reset bool
	pad   int
	gzip  bool
	cut   int
}

// writer writes text; an error of an earlier write shows when it is flushed.
type writer struct{ *bufio.Writer }

func (w writer) put(parts ...string) {
	for _, p := range parts {
		_, _ = w.WriteString(p)
	}
}

func jsonAnswer(status int, body func(writer)) *answer {
	return &answer{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   body,
	}
}

// errorAnswer is the API's error object.
func errorAnswer(status int, extra any) *answer {
	message := http.StatusText(status) + "."
	if status == http.StatusTooManyRequests {
		message = "Too many requests."
		extra = nil
	}
	object := map[string]any{"err_code": status, "err_msg": message, "err_extra": extra}
	return jsonAnswer(status, func(w writer) {
		_ = json.NewEncoder(w).Encode(map[string]any{"reply": object}) // see writer
	})
}

// send sends the answer, or what its faults leave of it.
func (a *answer) send(w http.ResponseWriter, r *http.Request) {
	if !pause(r.Context(), a.delay) {
		return
	}
	if a.reset {
		reset(w)
	}
	maps.Copy(w.Header(), a.header)
	if a.pad > 0 || a.gzip || a.cut > 0 {
		a.sendWhole(w, r)
		return
	}
	w.WriteHeader(a.status)
	out := writer{bufio.NewWriterSize(w, 32<<10)}
	a.body(out)
	_ = out.Flush() // the client may be gone
}

// sendWhole is for the effects that need to know the whole body.
func (a *answer) sendWhole(w http.ResponseWriter, r *http.Request) {
	body := a.render()
	if a.gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		body = compress(body)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	if a.cut > 0 {
		body = body[:min(a.cut, len(body))] // net/http drops a connection whose reply falls short
	}
	_, _ = w.Write(body)
}

// render returns the body, with its padding where JSON allows white space: after the first brace.
func (a *answer) render() []byte {
	var b bytes.Buffer
	out := writer{bufio.NewWriter(&b)}
	a.body(out)
	_ = out.Flush() // a Buffer takes everything
	first := min(1, b.Len())
	return bytes.Join([][]byte{b.Bytes()[:first], b.Bytes()[first:]}, bytes.Repeat([]byte(" "), a.pad))
}

func compress(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(b) // a Buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// pause waits in real time. It reports whether the client is still there.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// reset ends the connection with a TCP RST, and the handler with it.
func reset(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // without it, Close would send a FIN
		}
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler)
}
