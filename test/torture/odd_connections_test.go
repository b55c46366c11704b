package torture

import (
	"strings"
	"time"
)

// more is a good reply, and after a pause, without having been asked, something else. A process that has its verdict
// ends, so a second form of each is about an action that is pending.
func more(body string, pause time.Duration, extra func(*oddCall)) func(*oddCall) {
	return func(c *oddCall) {
		c.say(reply("200 OK", "", body))
		time.Sleep(pause)
		extra(c)
	}
}

func theRequest(c *oddCall) { c.say(c.request) }

const later = 4 * tick // the connection has become idle by then

var oddConnections = []oddAnswer{
	{name: "two replies at once", want: "done", lingers: true, play: say(good(""), good(""))},
	{name: "a reply, and the request at once", want: "done", lingers: true, play: func(c *oddCall) { c.say(good(""), c.request) }},
	{name: "a reply, and the request later", want: "done", lingers: true, play: more(goodBody, later, theRequest)},
	{name: "pending, and the request later", want: "pending", lingers: true, play: more(pendingBody, later, theRequest)},
	{name: "pending, and an error page with the request later", want: "pending", lingers: true, play: more(pendingBody, later, func(c *oddCall) { c.say(reply("502 Bad Gateway", "", c.request)) })},
	{name: "pending, and another verdict later", want: "pending", lingers: true, play: more(pendingBody, later, say(good("")))},
	{name: "pending, and noise without end later", want: "pending", lingers: true, play: more(pendingBody, later, sayForever("", strings.Repeat("\x00", 32<<10), 0))},
	{name: "pending, and 408 later", want: "pending", lingers: true, play: more(pendingBody, later, say("HTTP/1.1 408 Request Timeout\r\n\r\n"))},
	{name: "pending, and the end later", want: "pending", play: more(pendingBody, later, sayAndClose())},
	{name: "pending, and RST later", want: "pending", play: more(pendingBody, later, sayAndReset())},
	{name: "more body than the length says, with the request", want: "done", lingers: true, play: func(c *oddCall) { c.say(sized(len(goodBody), goodBody+c.request)) }},
	{name: "Connection: close, and not closed", want: "done", play: headers("Connection: close\r\n")},
	{name: "Connection: close, and the request", want: "done", play: func(c *oddCall) { c.say(good("Connection: close\r\n"), c.request) }},
	{name: "silence", want: "XDR.Unavailable", play: say()},
	{name: "silence, half closed", want: "XDR.Unavailable", play: (*oddCall).endWriting},
	{name: "closed at once", want: "XDR.Unavailable", early: true, play: sayAndClose()},
	{name: "RST at once", want: "XDR.Unavailable", early: true, play: sayAndReset()},
	{name: "closed after the request", want: "XDR.Unavailable", play: sayAndClose()},
	{name: "RST after the request", want: "XDR.Unavailable", play: sayAndReset()},
	{name: "a part of the status line, then the end", want: "XDR.Unavailable", play: sayAndClose("HTTP/1")},
	{name: "a part of the body, half closed", want: "XDR.Unavailable", play: func(c *oddCall) {
		c.say(okLine, "\r\n", goodBody[:20])
		c.endWriting()
	}},
	{name: "a part of the headers, half closed", want: "XDR.Unavailable", play: func(c *oddCall) {
		c.say(okLine, "Content-Type: appl")
		c.endWriting()
	}},
	{name: "a reply, and half closed", want: "done", play: func(c *oddCall) {
		c.say(good(""))
		c.endWriting()
	}},
	{name: "a reply before the request", want: "done|XDR.Unavailable", early: true, play: say(good(""))},
	{name: "a reply before the request, and the end", want: "done|XDR.Unavailable", early: true, play: sayAndClose(good(""))},
	{name: "a reply before the request, and RST", want: "done|XDR.Unavailable", early: true, play: sayAndReset(good(""))},
	{name: "an error page before the request", want: "XDR.Unavailable", early: true, play: say(reply("503 Service Unavailable", "", "full"))},
	{name: "a reply, and RST", want: "done|XDR.Unavailable", play: sayAndReset(good(""))},
	{name: "a reply, and the end", want: "done", play: sayAndClose(good(""))},
	{name: "a TLS alert", want: "XDR.Unavailable", play: say("\x15\x03\x01\x00\x02\x02\x46")},
	{name: "a TLS hello", want: "XDR.Unavailable", early: true, play: say("\x16\x03\x03\x00\x31\x02\x00\x00\x2d\x03\x03" + strings.Repeat("\x2a", 32) + "\x00\xc0\x2f\x00\x00\x05\xff\x01\x00\x01\x00")},
	{name: "an SSH banner", want: "XDR.Unavailable", early: true, play: say("SSH-2.0-OpenSSH_9.9\r\n")},
	{name: "an SMTP banner", want: "XDR.Unavailable", early: true, play: say("220 mail.example ESMTP\r\n")},
	{name: "SMTP says no", want: "XDR.Unavailable", play: sayAndClose("500 5.5.1 Command unrecognized\r\n")},
	{name: "a MySQL greeting", want: "XDR.Unavailable", early: true, play: say("\x4a\x00\x00\x00\x0a8.0.40\x00")},
	{name: "noise", want: "XDR.Unavailable", play: say("\x00\x01\x02\xff\xfe\r\n\r\n")},
	{name: "noise without end", want: "XDR.Unavailable", play: sayForever("", strings.Repeat("\x00", 32<<10), 0)},
	{name: "empty lines without end", want: "XDR.Unavailable", play: sayForever("", "\r\n", 0)},
	{name: "Redis repeats what it got", want: "XDR.Unavailable", play: func(c *oddCall) {
		c.say("-ERR unknown command 'Authorization:', with args beginning with: '", c.sent, "'\r\n")
	}},
	{name: "an echo server", want: "XDR.Unavailable", play: theRequest},
}
