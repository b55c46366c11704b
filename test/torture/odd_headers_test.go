package torture

import (
	"fmt"
	"slices"
	"strings"
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

func length(value string) play { return unframed("Content-Length: " + value + "\r\n") }

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
		"9.9 MB of one header":            headers(strings.Repeat("A: b\r\n", 9_900_000/6)),
		"a header of 2 MiB":               headers(bigHeader(2 << 20)),
		"a header of a little over 1 MiB": headers(bigHeader(1<<20 + 16<<10)),
		"headers without end":             then(say(okLine), endless(0)("A: b\r\n")),
		"headers that drip":               then(say(okLine), endless(tick)("A: b\r\n")),
	}),
	each("XDR.Unavailable", "flood", flood, okLine, okLine+"A: "),
	each("XDR.Unavailable", "drip", drip, okLine+"A: "),
	each("XDR.Unavailable", "silence", say, okLine+jsonLine),
	each("XDR.Unavailable", "end", ended, okLine+jsonLine, okLine+" X-A: one\r\n\r\nGOOD"),
	each("XDR.Unavailable", "half closed", halfClosed, okLine+"Content-Type: appl"),
	each("done", "header", headers, toWebsocket, "Connection: close\r\n", "X-A: one\r\n two\r\n\tthree\r\n",
		"X-A: a\nX-B: b\r\n", "X-A : b\r\n", "X-A: \u00e4\u202e\r\n", "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
	each("XDR.Unavailable", "header", headers, "X-A: a\x00b\r\n", "X-\x00A: b\r\n", "X-A: a\rX-B: b\r\n", "nonsense\r\n",
		": nonsense\r\n", "X-\u00e4: b\r\n"),
	each("done", "framed by", unframed, "Content-Length: 49\r\nContent-Length: 49\r\n",
		"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n31\r\nGOOD\r\n0\r\n"),
	each("XDR.Unavailable", "framed by", unframed, "Content-Length: 20\r\nContent-Length: 49\r\n",
		"Content-Length: 49\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
	each("XDR.Unavailable", "length", length,
		"20, 49", "-49", "+49", "0x31", "many", "99999999999999999999", "4611686018427387904"),
	each("done|XDR.Unavailable", "length", length, ""),
	each("XDR.Unauthorized", "refused on", refusedOn, "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday"),
	each("XDR.Throttled", "retry after", throttled,
		"9999999999", "99999999999999999999", "-1", "1e300", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"),
)
