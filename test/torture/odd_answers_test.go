package torture

import (
	"fmt"
	"slices"
	"strings"
)

const (
	goodBody = `{"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}` // 49 bytes

	okLine      = "HTTP/1.1 200 OK\r\n"
	jsonLine    = "Content-Type: application/json\r\n"
	continued   = "HTTP/1.1 100 Continue\r\n\r\n"
	processing  = "HTTP/1.1 102 Processing\r\n\r\n"
	hints       = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
	switching   = "HTTP/1.1 101 Switching Protocols\r\n"
	toWebsocket = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	upgrade     = switching + toWebsocket + "\r\n"
	settings    = "\x00\x00\x00\x04\x00\x00\x00\x00\x00" // of HTTP/2
)

var block = strings.Repeat("x", 32<<10)

// statusLine begins a good reply that ends with the connection.
func statusLine(line string) play { return ended(line + "\r\n" + jsonLine + "\r\nGOOD") }

// inFront is an answer in front of a good one.
func inFront(text string) play { return say(text + good("")) }

var oddLines = slices.Concat(
	each("done", "status line", statusLine, "HTTP/1.1 200", "HTTP/1.0 200 OK", "HTTP/1.9 200 OK",
		"HTTP/1.1 200 \x00\x01\xff\x1b[31m", "HTTP/1.1 200 "+strings.Repeat("x", 100<<10)),
	each("XDR.Unavailable", "status line", statusLine, "HTTP/0.9 200 OK", "HTTP/2.0 200 OK", "200 OK", "HTTP/1.1 000 OK",
		"HTTP/1.1 099 OK", "HTTP/1.1 600 OK", "HTTP/1.1 999 OK", "HTTP/1.1 -20 OK", "\r\nHTTP/1.1 200 OK"),
	each("XDR.Unavailable", "end", ended, "GOOD", "HTTP/1", ""),
	each("XDR.Unavailable", "silence", say, "", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+settings, settings),
	each("XDR.Unavailable", "flood", flood, "HTTP/1.1 200 ", okLine, okLine+"A: ", upgrade),
	each("XDR.Unavailable", "drip", drip, "HTTP/1.1 200 ", okLine+"A: ", upgrade, switching+"\r\n"),

	each("done", "in front", inFront, continued, strings.Repeat(hints, 20), "HTTP/1.1 199 Hm\r\n\r\n",
		"HTTP/1.1 103 SENT\r\nLink: SENT\r\n\r\n"),
	all("done", plays{"102 and a pause": then(say(processing), pause(4*tick), say(good("")))}),
	each("XDR.Unavailable", "in front", inFront, reply("100 Continue", "", goodBody)),
	each("XDR.Unavailable", "silence", say, continued+upgrade, upgrade, upgrade+"REQUEST", switching+"\r\n",
		"HTTP/1.1 101 SENT\r\nConnection: Upgrade\r\nUpgrade: SENT\r\n\r\n", reply("101 Switching Protocols", "", goodBody)),
	each("XDR.Unavailable", "end", ended, upgrade),
	each("XDR.Unavailable", "without end", endless(0), continued),
	each("XDR.Unavailable", "again and again", endless(2*tick), processing),
	all("XDR.Rejected", plays{"426": page("426 Upgrade Required", toWebsocket, "")}),
)

// headers is a good reply with more header lines.
func headers(lines string) play { return say(good(lines)) }

// smallHeaders is a good reply with so many bytes of headers, each with a name of its own.
func smallHeaders(size int) play {
	return func(c *call) {
		var b strings.Builder
		for n := 0; b.Len() < size; n++ {
			fmt.Fprintf(&b, "X-%d: y\r\n", n)
		}
		c.write(good(b.String()))
	}
}

func bigHeader(size int) string { return "X-Big: " + strings.Repeat("x", size) + "\r\n" }

// unframed is a reply without Content-Length: the header lines say how long it is.
func unframed(lines string) play { return ended(okLine + jsonLine + lines + "\r\nGOOD") }

func throttled(retryAfter string) play {
	const body = `{"reply":{"err_code":429,"err_msg":"Too many requests."}}`
	return page("429 Too Many Requests", "Retry-After: "+retryAfter+"\r\n", body)
}

func refusedOn(date string) play {
	return page("401 Unauthorized", "Date: "+date+"\r\n", `{"reply":{"err_code":401}}`)
}

var oddHeaders = slices.Concat(
	all("done", plays{
		"100 KiB of small headers":         smallHeaders(100 << 10),
		"a header of a little under 1 MiB": headers(bigHeader(1<<20 - 16<<10)),
		"headers that drip, and end":       inParts(good("")),
	}),
	all("XDR.Unavailable", plays{
		"9.9 MB of small headers":         smallHeaders(9_900_000),
		"2 MiB of small headers":          smallHeaders(2 << 20),
		"a header of 2 MiB":               headers(bigHeader(2 << 20)),
		"a header of a little over 1 MiB": headers(bigHeader(1<<20 + 16<<10)),
		"headers without end":             then(say(okLine), endless(0)("A: b\r\n")),
		"headers that drip":               then(say(okLine), endless(tick)("A: b\r\n")),
	}),
	each("XDR.Unavailable", "silence", say, okLine+jsonLine),
	each("XDR.Unavailable", "half closed", halfClosed, "", okLine+"Content-Type: appl", okLine+"\r\n"+goodBody[:20]),
	each("done", "header", headers, toWebsocket, "X-A: one\r\n two\r\n\tthree\r\n", "X-A: \u00e4\u202e\r\n",
		"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
	each("XDR.Unavailable", "header", headers, "X-A: a\x00b\r\n", "X-A: a\rX-B: b\r\n", "nonsense\r\n"),
	each("done", "framed by", unframed, "Content-Length: 49\r\nContent-Length: 49\r\n",
		"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n31\r\nGOOD\r\n0\r\n"),
	each("XDR.Unavailable", "framed by", unframed, "Content-Length: 20\r\nContent-Length: 49\r\n",
		"Content-Length: -49\r\n", "Content-Length: 4611686018427387904\r\n", "Transfer-Encoding: gzip, chunked\r\n"),
	each("XDR.Unauthorized", "refused on", refusedOn, "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday"),
	each("XDR.Throttled", "retry after", throttled,
		"9999999999", "99999999999999999999", "-1", "1e300", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"),
)
