package torture

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

// scripted answers every request by one script. It is no net/http server: that one refuses to send nonsense.
//
// A script is what to write. Words in capitals stand for what a request is about, see converse; LENGTH is the length of
// the body. What is in ⟨⟩ is done, see [call.do].
type scripted struct {
	script string
	url    string
	value  string            // of the secret, as it is in JSON
	left   atomic.Bool       // the other side has ended a connection
	sent   lambdatest.Buffer // each Authorization, on a line
}

// What a script may begin and end with.
const (
	atOnce = "⟨at once⟩" // it does not wait for a request
	gone   = "⟨gone⟩"    // the other side must hang up
)

// serveScript starts a server. Its connections end with the command that asks.
func serveScript(t *testing.T, script, value string) *scripted {
	t.Helper()
	listener := must(net.Listen("tcp", loopback+":0"))
	s := &scripted{script: script, url: "http://" + listener.Addr().String(), value: strings.Trim(string(raw(value)), `"`)}
	var group sync.WaitGroup
	group.Go(func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			group.Go(func() { s.converse(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		group.Wait()
	})
	return s
}

// converse answers the requests of one connection until one of the two sides ends it.
func (s *scripted) converse(conn *net.TCPConn) {
	defer conn.Close()
	c := &call{conn: conn, out: bufio.NewWriter(conn), words: strings.NewReplacer("GOOD", goodBody)}
	early := strings.HasPrefix(s.script, atOnce)
	if early {
		c.play(s.script)
	}
	for in := bufio.NewReader(conn); ; {
		request, err := http.ReadRequest(in)
		if err != nil {
			s.left.Store(true)
			return
		}
		text, _ := httputil.DumpRequest(request, true)
		sent := request.Header.Get("Authorization") + request.Header.Get("Proxy-Authorization")
		_, _ = fmt.Fprintln(&s.sent, sent)
		c.words = strings.NewReplacer("GOOD", goodBody, "SENT", sent, "REQUEST", string(text), "TOKEN", awsToken,
			"VALUE", s.value, "HERE", s.url)
		switch {
		case request.URL.Path == "/there":
			c.play(secret("VALUE"))
		case !early:
			c.play(s.script)
		}
	}
}

// call is one request, and the connection to answer it on.
type call struct {
	conn  *net.TCPConn
	out   *bufio.Writer
	words *strings.Replacer // of what words in capitals stand for
}

func (c *call) play(script string) {
	for script != "" {
		text, rest, _ := strings.Cut(script, "⟨")
		text = c.words.Replace(text)
		_, body, _ := strings.Cut(text, "\r\n\r\n")
		_, _ = c.out.WriteString(strings.Replace(text, "LENGTH", strconv.Itoa(len(body)), 1))
		_ = c.out.Flush()
		text, script, _ = strings.Cut(rest, "⟩")
		c.do(text)
	}
}

const tick = 5 * time.Millisecond // between two pieces of what drips

// do does something else than to write, or writes a text so many times.
func (c *call) do(what string) {
	switch what {
	case "end":
		_ = c.conn.Close()
	case "half closed":
		_ = c.conn.CloseWrite()
	case "reset":
		_ = c.conn.SetLinger(0)
		_ = c.conn.Close()
	case "pause":
		time.Sleep(4 * tick)
	case "gzip":
		c.out = bufio.NewWriter(must(gzip.NewWriterLevel(c.conn, gzip.BestSpeed)))
	}
	if count, text, ok := strings.Cut(what, "×"); ok {
		c.repeat(count, text)
	}
}

// repeat writes a text so many times, for ever or slowly; a verb in it is for the number of its turn. The worst order
// is that of the highest number first.
func (c *call) repeat(count, text string) {
	count, worst := strings.CutPrefix(count, "worst ")
	times, err := strconv.Atoi(count)
	if err != nil {
		times = 1 << 50
	}
	some := 1
	if count != slowly && !strings.Contains(text, "%") {
		some = 32<<10/len(text) + 1
	}
	for turn, on := 0, true; turn < times && on; turn += some {
		piece := strings.Repeat(text, min(some, times-turn))
		switch {
		case worst:
			piece = fmt.Sprintf(text, times-turn)
		case strings.Contains(text, "%"):
			piece = fmt.Sprintf(text, turn)
		}
		if _, err := c.out.WriteString(piece); err != nil {
			return
		}
		if count == slowly {
			on = c.out.Flush() == nil
			time.Sleep(tick)
		}
	}
	_ = c.out.Flush()
}
