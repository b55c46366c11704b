package torture

import (
	"slices"
	"strings"
)

const later = 4 * tick // the connection is idle by then

// afterDone is what nobody asked for, a while after a good reply.
func afterDone(extra play) play { return then(say(good("")), pause(later), extra) }

// afterPending is the same about an action that is pending: xdrwait goes on.
func afterPending(extra play) play { return then(ok(pendingBody), pause(later), extra) }

var zeros = strings.Repeat("\x00", 32<<10)

const clientHello = "\x16\x03\x03\x00\x31\x02\x00\x00\x2d\x03\x03********************************" +
	"\x00\xc0\x2f\x00\x00\x05\xff\x01\x00\x01\x00"

var oddConnections = slices.Concat(
	lingering(each("done", "at once", say,
		good("")+good(""), good("")+"REQUEST", good("Connection: close\r\n")+"REQUEST", sized(49, "GOODREQUEST"))),
	lingering(all("done", plays{"the request, later": afterDone(say("REQUEST"))})),
	lingering(all("pending", plays{
		"pending, later the request":                  afterPending(say("REQUEST")),
		"pending, later an error page with a request": afterPending(page("502 Bad Gateway", "", "REQUEST")),
		"pending, later another verdict":              afterPending(say(good(""))),
		"pending, later noise without end":            afterPending(endless(0)(zeros)),
		"pending, later 408":                          afterPending(say("HTTP/1.1 408 Request Timeout\r\n\r\n")),
	})),
	all("pending", plays{
		"pending, later the end": afterPending(hangUp),
		"pending, later RST":     afterPending(reset),
	}),
	each("done", "half closed", halfClosed, good("")),
	each("done", "end", ended, good("")),
	all("done|XDR.Unavailable", plays{"a reply, and RST": then(say(good("")), reset)}),
	early(all("done|XDR.Unavailable", plays{
		"a reply before the request":              say(good("")),
		"a reply before the request, and the end": ended(good("")),
		"a reply before the request, and RST":     then(say(good("")), reset),
	})),
	early(each("XDR.Unavailable", "before the request", say, reply("503 Service Unavailable", "", "full"), clientHello,
		"SSH-2.0-OpenSSH_9.9\r\n", "220 mail.example ESMTP\r\n", "\x4a\x00\x00\x00\x0a8.0.40\x00")), // the last is MySQL
	early(all("XDR.Unavailable", plays{"closed at once": hangUp, "RST at once": reset})),
	all("XDR.Unavailable", plays{"RST": reset}),
	each("XDR.Unavailable", "half closed", halfClosed, ""),
	each("XDR.Unavailable", "end", ended, "", "500 5.5.1 Command unrecognized\r\n"),
	each("XDR.Unavailable", "silence", say, "", "\x15\x03\x01\x00\x02\x02\x46", "REQUEST", "\x00\x01\x02\xff\xfe\r\n\r\n",
		"-ERR unknown command 'Authorization:', with args beginning with: 'SENT'\r\n"), // as Redis says
	each("XDR.Unavailable", "without end", endless(0), zeros, "\r\n"),
)
