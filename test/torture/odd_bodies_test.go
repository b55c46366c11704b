package torture

import (
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
)

// sized is a reply with a length of its own.
func sized(length int, body string) string {
	return fmt.Sprintf("%s%sContent-Length: %d\r\n\r\n%s", okLine, jsonLine, length, body)
}

// encoded is a good reply that says how it is packed.
func encoded(as, body string) play { return say(reply("200 OK", "Content-Encoding: "+as+"\r\n", body)) }

func gzipped(text string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // a Builder takes all
	_ = z.Close()
	return b.String()
}

func withGoodBody(status string) play { return page(status, "", "GOOD") }

func ok(body string) play { return page("200 OK", "", body) }

const (
	inChunks  = okLine + jsonLine + "Transfer-Encoding: chunked\r\n\r\n"
	goodChunk = "31\r\nGOOD\r\n"
)

func chunks(text string) play { return say(inChunks + text) }

var oddBodies = slices.Concat(
	each("done", "silence", say, sized(49, "GOOD\n\n\n")),
	each("done", "half closed", halfClosed, okLine+"\r\nGOOD"),
	all("done", plays{
		"a body that drips, and ends": then(say(sized(49, "")), inParts(goodBody)),
		"br that is none":             encoded("br", goodBody),
	}),
	each("XDR.Unavailable", "silence", say, sized(30, "GOOD"), sized(1000, "GOOD"), okLine+"\r\nGOOD"),
	each("XDR.Unavailable", "end", ended, sized(1000, "GOOD"), sized(49, ""),
		"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
	each("XDR.Unavailable", "drip", drip, okLine+"\r\n{", "HTTP/1.1 502 Bad Gateway\r\n\r\n"),
	each("XDR.Unavailable|XDR.Rejected", "silence", say, sized(0, "")),
	all("XDR.Unavailable", plays{
		"a length too long, then RST":     then(say(sized(1000, "GOOD")), reset),
		"a body without length, then RST": then(say(okLine+"\r\nGOOD"), pause(10*tick), reset), // what is unread is lost
		"gzip that is none":               encoded("gzip", goodBody),
		"gzip that breaks off":            encoded("gzip", gzipped(goodBody)[:40]),
		"gzip with more after its end":    encoded("gzip", gzipped(goodBody)+"more"),
	}),
	each("XDR.Rejected", "good body with", withGoodBody, "204 No Content", "206 Partial Content", "304 Not Modified"),
	each("XDR.Rejected", "body", ok, "\ufeffGOOD", utf16(goodBody), gzipped(goodBody),
		"--x\r\nContent-Type: application/json\r\n\r\nGOOD\r\n--x--"),
	all("XDR.Rejected", plays{
		"gzip twice": encoded("gzip, gzip", gzipped(gzipped(goodBody))),
		"br":         encoded("br", "\x0b\x02\x80{}\x03"),
	}),

	each("done", "chunks", chunks, "31;SENT\r\nGOOD\r\n0\r\n\r\n",
		goodChunk+"0\r\nX-Request-Id: SENT\r\nAuthorization: SENT\r\n\r\n"),
	each("XDR.Unavailable", "chunks", chunks, "-31\r\nGOOD\r\n0\r\n\r\n", "5\r\nGOOD\r\n0\r\n\r\n",
		"SENT\r\nGOOD\r\n0\r\n\r\n", goodChunk, goodChunk+"0\r\nSENT\r\n\r\n",
		"31;"+strings.Repeat("x", 1<<20)+"\r\nGOOD\r\n0\r\n\r\n", goodChunk+"0\r\n"+bigHeader(2<<20)+"\r\n"),
	all("XDR.Unavailable", plays{
		"extensions without end": then(say(inChunks), endless(0)("1;"+block[:3000]+"\r\n \r\n")),
		"chunks that drip":       then(say(inChunks+"1\r\n{\r\n"), endless(tick)("1\r\n \r\n")),
		"trailers without end":   then(chunks(goodChunk+"0\r\n"), endless(0)("X-A: b\r\n")),
	}),
	each("XDR.Unavailable|XDR.Rejected", "chunks of one byte without end after", func(begin string) play {
		return then(say(begin), endless(0)("1\r\n \r\n"))
	}, inChunks+"1\r\n{\r\n"),
)

const later = 4 * tick // the connection is idle by then

// unasked is what comes a while after a good reply.
func unasked(extra play) play { return then(say(good("")), pause(later), extra) }

var zeros = strings.Repeat("\x00", 32<<10)

const clientHello = "\x16\x03\x03\x00\x31\x02\x00\x00\x2d\x03\x03********************************" +
	"\x00\xc0\x2f\x00\x00\x05\xff\x01\x00\x01\x00"

var oddConnections = slices.Concat(
	lingering(each("done", "at once", say, good("")+good(""), good("")+"REQUEST", sized(49, "GOODREQUEST"))),
	lingering(all("done", plays{
		"later the request":                  unasked(say("REQUEST")),
		"later an error page with a request": unasked(page("502 Bad Gateway", "", "REQUEST")),
		"later noise without end":            unasked(endless(0)(zeros)),
	})),
	all("done|XDR.Unavailable", plays{"a reply, and RST": then(say(good("")), reset)}),
	early(all("done|XDR.Unavailable", plays{
		"a reply before the request":              say(good("")),
		"a reply before the request, and the end": ended(good("")),
		"a reply before the request, and RST":     then(say(good("")), reset),
	})),
	early(each("XDR.Unavailable", "before the request", say, reply("503 Service Unavailable", "", "full"), clientHello,
		"SSH-2.0-OpenSSH_9.9\r\n", "\x4a\x00\x00\x00\x0a8.0.40\x00")), // the last is MySQL
	early(all("XDR.Unavailable", plays{"closed at once": hangUp, "RST at once": reset})),
	all("XDR.Unavailable", plays{"RST": reset}),
	each("XDR.Unavailable", "silence", say, "\x15\x03\x01\x00\x02\x02\x46", "REQUEST",
		"-ERR unknown command 'Authorization:', with args beginning with: 'SENT'\r\n"), // as Redis says
	each("XDR.Unavailable", "without end", endless(0), zeros, "\r\n"),
)
