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
	each("XDR.Unavailable", "half closed", halfClosed, okLine+"\r\n"+goodBody[:20]),
	each("XDR.Unavailable", "drip", drip, okLine+"\r\n{", "HTTP/1.1 502 Bad Gateway\r\n\r\n"),
	each("XDR.Unavailable|XDR.Rejected", "silence", say, sized(0, "")),
	all("XDR.Unavailable", plays{
		"a length too long, then RST":     then(say(sized(1000, "GOOD")), reset),
		"a body without length, then RST": then(say(okLine+"\r\nGOOD"), pause(10*tick), reset), // what is unread is lost
		"gzip that is none":               encoded("gzip", goodBody),
		"gzip that breaks off":            encoded("gzip", gzipped(goodBody)[:40]),
		"gzip with more after its end":    encoded("gzip", gzipped(goodBody)+"more"),
	}),
	each("XDR.Rejected", "good body with", withGoodBody,
		"204 No Content", "205 Reset Content", "206 Partial Content", "304 Not Modified", "407 Proxy Authentication Required"),
	each("XDR.Rejected", "silence", say, "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\n\r\n"),
	each("XDR.Rejected", "body", ok, "\ufeffGOOD", strings.Join(strings.Split(goodBody, ""), "\x00")+"\x00",
		gzipped(goodBody), "--x\r\nContent-Type: application/json\r\n\r\nGOOD\r\n--x--"),
	all("XDR.Rejected", plays{
		"gzip twice": encoded("gzip, gzip", gzipped(gzipped(goodBody))),
		"br":         encoded("br", "\x0b\x02\x80{}\x03"),
	}),
)

const (
	inChunks  = okLine + jsonLine + "Transfer-Encoding: chunked\r\n\r\n"
	goodChunk = "31\r\nGOOD\r\n"
)

func chunks(text string) play { return say(inChunks + text) }

func chunksAndEnd(text string) play { return ended(inChunks + text) }

var oddChunks = slices.Concat(
	each("done", "chunks", chunks, goodChunk+"0\r\n\r\n", "1\r\n{\r\n30\r\n"+goodBody[1:]+"\r\n0\r\n\r\n",
		"31;a=b;c=\"d\"\r\nGOOD\r\n0\r\n\r\n", "31;SENT\r\nGOOD\r\n0\r\n\r\n", goodChunk+"0\r\nX-A: b\r\n\r\n",
		goodChunk+"0\r\nContent-Length: 3\r\nTransfer-Encoding: gzip\r\n\r\n",
		goodChunk+"0\r\nX-Request-Id: SENT\r\nAuthorization: SENT\r\n\r\n"),
	each("done|XDR.Unavailable", "chunks", chunks, "31\nGOOD\n0\n\n"),
	each("XDR.Unavailable", "chunks", chunks,
		"many\r\nGOOD\r\n0\r\n\r\n", "\r\nGOOD\r\n0\r\n\r\n", "-31\r\nGOOD\r\n0\r\n\r\n", "ffffffffffffffff0\r\nGOOD",
		"5\r\nGOOD\r\n0\r\n\r\n", "SENT\r\nGOOD\r\n0\r\n\r\n", goodChunk, goodChunk+"0\r\n", goodChunk+"0\r\nnonsense\r\n\r\n",
		goodChunk+"0\r\nSENT\r\n\r\n", "31;"+strings.Repeat("x", 1<<20)+"\r\nGOOD\r\n0\r\n\r\n",
		goodChunk+"0\r\n"+bigHeader(2<<20)+"\r\n"),
	each("XDR.Unavailable", "chunks and the end", chunksAndEnd,
		"7fffffffffffffff\r\nGOOD", "ffffffffffffffff\r\nGOOD", "100\r\nGOOD\r\n0\r\n\r\n", goodChunk),
	all("XDR.Unavailable", plays{
		"extensions without end": then(say(inChunks), endless(0)("1;"+block[:3000]+"\r\n \r\n")),
		"chunks that drip":       then(say(inChunks+"1\r\n{\r\n"), endless(tick)("1\r\n \r\n")),
		"trailers without end":   then(chunks(goodChunk+"0\r\n"), endless(0)("X-A: b\r\n")),
		"trailers that drip":     then(chunks(goodChunk+"0\r\n"), endless(tick)("X-A: b\r\n")),
	}),
	all("XDR.Unavailable|XDR.Rejected", plays{
		"chunks of one byte without end": then(say(inChunks+"1\r\n{\r\n"), endless(0)("1\r\n \r\n")),
	}),
)
