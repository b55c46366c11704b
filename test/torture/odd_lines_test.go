package torture

import (
	"fmt"
	"strings"
	"time"
)

// oddAnswer is one way to answer a request, and what a check must make of it.
type oddAnswer struct {
	name    string
	want    string // a verdict or an error's name; two with | between them where it depends on who is faster
	play    func(*oddCall)
	early   bool // begins when the connection does, before there is a request
	lingers bool // goes on after the answer: look at the output when the other side has left
}

const (
	goodBody    = `{"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`
	pendingBody = `{"reply":{"data":{"a":"IN_PROGRESS"}}}`
)

// reply is a whole answer. header is empty or ends in CRLF.
func reply(status, header, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s", status, len(body), header, body)
}

func good(header string) string { return reply("200 OK", header, goodBody) }

// goodFrom is a good reply that begins in another way, and ends with the connection.
func goodFrom(line string) func(*oddCall) {
	return sayAndClose(line, "\r\nContent-Type: application/json\r\n\r\n", goodBody)
}

// say writes a text and leaves the connection open.
func say(parts ...string) func(*oddCall) { return func(c *oddCall) { c.say(parts...) } }

func sayAndClose(parts ...string) func(*oddCall) {
	return func(c *oddCall) {
		c.say(parts...)
		_ = c.Close()
	}
}

func sayAndReset(parts ...string) func(*oddCall) {
	return func(c *oddCall) {
		c.say(parts...)
		c.reset()
	}
}

// sayForever writes a text, and then another one for as long as somebody listens.
func sayForever(once, again string, pause time.Duration) func(*oddCall) {
	return func(c *oddCall) {
		c.say(once)
		c.forever(again, pause)
	}
}

const tick = 5 * time.Millisecond // between two pieces of what drips

var oddStatusLines = []oddAnswer{
	{name: "an ordinary reply", want: "done", play: say(good(""))},
	{name: "no reason phrase", want: "done", play: goodFrom("HTTP/1.1 200")},
	{name: "HTTP/1.0", want: "done", play: goodFrom("HTTP/1.0 200 OK")},
	{name: "HTTP/1.9", want: "done", play: goodFrom("HTTP/1.9 200 OK")},
	{name: "HTTP/0.9, a body alone", want: "XDR.Unavailable", play: sayAndClose(goodBody)},
	{name: "HTTP/0.9 in a status line", want: "XDR.Unavailable", play: goodFrom("HTTP/0.9 200 OK")},
	{name: "HTTP/2 in a status line", want: "XDR.Unavailable", play: goodFrom("HTTP/2 200 OK")},
	{name: "HTTP/2.0 in a status line", want: "XDR.Unavailable", play: goodFrom("HTTP/2.0 200 OK")},
	{name: "HTTP/3.0 in a status line", want: "XDR.Unavailable", play: goodFrom("HTTP/3.0 200 OK")},
	{name: "an HTTP/2 preface", want: "XDR.Unavailable", play: say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")},
	{name: "HTTP/2 settings", want: "XDR.Unavailable", play: say("\x00\x00\x00\x04\x00\x00\x00\x00\x00")},
	{name: "lower-case http", want: "XDR.Unavailable", play: goodFrom("http/1.1 200 OK")},
	{name: "no version", want: "XDR.Unavailable", play: goodFrom("200 OK")},
	{name: "ICY", want: "XDR.Unavailable", play: goodFrom("ICY 200 OK")},
	{name: "status 0", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 0 OK")},
	{name: "status 000", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 000 OK")},
	{name: "status 099", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 099 OK")},
	{name: "status 99", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 99 OK")},
	{name: "status 600", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 600 OK")},
	{name: "status 999", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 999 OK")},
	{name: "status 1000", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 1000 OK")},
	{name: "status -1", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 -1 OK")},
	{name: "status -20", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 -20 OK")},
	{name: "status +20", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 +20 OK")},
	{name: "status 2OO", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 2OO OK")},
	{name: "no status", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1")},
	{name: "no space after the status", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1 200OK")},
	{name: "a tab before the status", want: "XDR.Unavailable", play: goodFrom("HTTP/1.1\t200 OK")},
	{name: "two spaces before the status", want: "done", play: goodFrom("HTTP/1.1  200 OK")},
	{name: "an empty line first", want: "XDR.Unavailable", play: goodFrom("\r\nHTTP/1.1 200 OK")},
	{name: "lines that end in LF", want: "done", play: sayAndClose("HTTP/1.1 200 OK\nContent-Type: application/json\n\n", goodBody)},
	{name: "a reason phrase of noise", want: "done", play: goodFrom("HTTP/1.1 200 \x00\x01\xff\x1b[31m")},
	{name: "a reason phrase of 100 KiB", want: "done", play: goodFrom("HTTP/1.1 200 " + strings.Repeat("x", 100<<10))},
	{name: "a status line without end", want: "XDR.Unavailable", play: sayForever("HTTP/1.1 200 ", strings.Repeat("x", 32<<10), 0)},
	{name: "a status line that drips", want: "XDR.Unavailable", play: sayForever("HTTP/1.1 200 ", "x", tick)},
}

// interim is an informational answer.
func interim(status, header string) string { return "HTTP/1.1 " + status + "\r\n" + header + "\r\n" }

const toWebsocket = "Connection: Upgrade\r\nUpgrade: websocket\r\n"

var oddInterims = []oddAnswer{
	{name: "100", want: "done", play: say(interim("100 Continue", ""), good(""))},
	{name: "102 and a pause", want: "done", play: func(c *oddCall) {
		c.say(interim("102 Processing", ""))
		time.Sleep(4 * tick)
		c.say(good(""))
	}},
	{name: "103 with links", want: "done", play: say(interim("103 Early Hints", "Link: </style.css>; rel=preload\r\n"), good(""))},
	{name: "103 twenty times", want: "done", play: say(strings.Repeat(interim("103 Early Hints", "Link: <x>\r\n"), 20), good(""))},
	{name: "199", want: "done", play: say(interim("199 Hm", ""), good(""))},
	{name: "100 and no more", want: "XDR.Unavailable", play: say(interim("100 Continue", ""))},
	{name: "100 without end", want: "XDR.Unavailable", play: sayForever("", interim("100 Continue", ""), 0)},
	{name: "102 again and again", want: "XDR.Unavailable", play: sayForever("", interim("102 Processing", ""), 2*tick)},
	{name: "103 of 200 KiB, without end", want: "XDR.Unavailable", play: sayForever("", interim("103 Early Hints", strings.Repeat("Link: "+strings.Repeat("x", 1000)+"\r\n", 200)), 0)},
	{name: "100 with a body", want: "XDR.Unavailable", play: say(reply("100 Continue", "", goodBody), good(""))},
	{name: "100, then 101", want: "XDR.Unavailable", play: say(interim("100 Continue", ""), interim("101 Switching Protocols", toWebsocket))},
	{name: "101, then silence", want: "XDR.Unavailable", play: say(interim("101 Switching Protocols", toWebsocket))},
	{name: "101, then a drip", want: "XDR.Unavailable", play: sayForever(interim("101 Switching Protocols", toWebsocket), " ", tick)},
	{name: "101, then a flood", want: "XDR.Unavailable", play: sayForever(interim("101 Switching Protocols", toWebsocket), strings.Repeat(" ", 32<<10), 0)},
	{name: "101, then the verdict", want: "XDR.Unavailable", play: say(interim("101 Switching Protocols", toWebsocket), goodBody)},
	{name: "101, then the request", want: "XDR.Unavailable", play: func(c *oddCall) { c.say(interim("101 Switching Protocols", toWebsocket), c.request) }},
	{name: "101, then the end", want: "XDR.Unavailable", play: sayAndClose(interim("101 Switching Protocols", toWebsocket))},
	{name: "101 to HTTP/2", want: "XDR.Unavailable", play: say(interim("101 Switching Protocols", "Connection: Upgrade\r\nUpgrade: h2c\r\n"), "\x00\x00\x00\x04\x00\x00\x00\x00\x00")},
	{name: "101 without Upgrade, then silence", want: "XDR.Unavailable", play: say(interim("101 Switching Protocols", ""))},
	{name: "101 without Upgrade, with a body", want: "XDR.Unavailable", play: say(reply("101 Switching Protocols", "", goodBody))},
	{name: "101 without Upgrade, then a drip", want: "XDR.Unavailable", play: sayForever(interim("101 Switching Protocols", ""), " ", tick)},
	{name: "200 with Connection: Upgrade", want: "done", play: say(good(toWebsocket))},
	{name: "426", want: "XDR.Rejected", play: say(reply("426 Upgrade Required", toWebsocket, ""))},
}
