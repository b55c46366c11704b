package torture

import (
	"fmt"
	"strings"
	"time"
)

// chunked is a body in two chunks.
func chunked(body string) string {
	half := len(body) / 2
	return fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", half, body[:half], len(body)-half, body[half:])
}

// goodChunk is the whole good body in one chunk, without the last one.
func goodChunk(extension string) string {
	return fmt.Sprintf("%x%s\r\n%s\r\n", len(goodBody), extension, goodBody)
}

// inChunks begins a good reply in chunks.
func inChunks(rest string) string {
	return okLine + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + rest
}

// sized is a reply with a length of its own.
func sized(length int, body string) string {
	return fmt.Sprintf("%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", okLine, length, body)
}

// encoded is a good reply that says how it is packed.
func encoded(as, body string) func(*oddCall) {
	return say(reply("200 OK", "Content-Encoding: "+as+"\r\n", body))
}

func gzipText(text string) string {
	var b strings.Builder
	packed(whole(text))(&b)
	return b.String()
}

var oddBodies = []oddAnswer{
	{name: "a length too short", want: "XDR.Unavailable", play: say(sized(30, goodBody))},
	{name: "a length too short by white space", want: "done", play: say(sized(len(goodBody), goodBody+"\n\n\n"))},
	{name: "a length too long, then silence", want: "XDR.Unavailable", play: say(sized(1000, goodBody))},
	{name: "a length too long, then the end", want: "XDR.Unavailable", play: sayAndClose(sized(1000, goodBody))},
	{name: "a length too long, then RST", want: "XDR.Unavailable", play: sayAndReset(sized(1000, goodBody))},
	{name: "a length, and no body", want: "XDR.Unavailable", play: sayAndClose(sized(len(goodBody), ""))},
	{name: "length 0", want: "XDR.Unavailable|XDR.Rejected", play: say(sized(0, ""))},
	{name: "a body that drips without end", want: "XDR.Unavailable", play: sayForever(okLine+"\r\n{", " ", tick)},
	{name: "an error page that drips without end", want: "XDR.Unavailable", play: sayForever("HTTP/1.1 502 Bad Gateway\r\n\r\n", " ", tick)},
	{name: "a body that drips, and ends", want: "done", play: func(c *oddCall) {
		c.say(sized(len(goodBody), ""))
		c.drip(goodBody)
	}},
	{name: "a body without length, half closed", want: "done", play: func(c *oddCall) {
		c.say(okLine, "\r\n", goodBody)
		c.endWriting()
	}},
	{name: "a body without length, not closed", want: "XDR.Unavailable", play: say(okLine, "\r\n", goodBody)},
	{name: "a body without length, then RST", want: "XDR.Unavailable", play: func(c *oddCall) {
		c.say(okLine, "\r\n", goodBody)
		time.Sleep(10 * tick) // what has not been read yet would be lost
		c.reset()
	}},
	{name: "a byte order mark", want: "XDR.Rejected", play: say(reply("200 OK", "", "\ufeff"+goodBody))},
	{name: "UTF-16", want: "XDR.Rejected", play: say(reply("200 OK", "", strings.Join(strings.Split(goodBody, ""), "\x00")+"\x00"))},
	{name: "204", want: "XDR.Rejected", play: say("HTTP/1.1 204 No Content\r\n\r\n")},
	{name: "204 with a body", want: "XDR.Rejected", play: say(reply("204 No Content", "", goodBody))},
	{name: "205 with a body", want: "XDR.Rejected", play: say(reply("205 Reset Content", "", goodBody))},
	{name: "206", want: "XDR.Rejected", play: say(reply("206 Partial Content", "Content-Range: bytes 0-48/49\r\n", goodBody))},
	{name: "304", want: "XDR.Rejected", play: say("HTTP/1.1 304 Not Modified\r\n\r\n")},
	{name: "304 with a body", want: "XDR.Rejected", play: say(reply("304 Not Modified", "", goodBody))},
	{name: "407", want: "XDR.Rejected", play: say(reply("407 Proxy Authentication Required", "Proxy-Authenticate: Basic\r\n", "no"))},
	{name: "408", want: "XDR.Unavailable", play: sayAndClose("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")},
	{name: "multipart", want: "XDR.Rejected", play: say("HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=x\r\nContent-Length: 3\r\n\r\n--x")},
	{name: "gzip that is none", want: "XDR.Unavailable", play: encoded("gzip", goodBody)},
	{name: "gzip that breaks off", want: "XDR.Unavailable", play: encoded("gzip", gzipText(goodBody)[:40])},
	{name: "gzip with more after its end", want: "XDR.Unavailable", play: encoded("gzip", gzipText(goodBody)+"more")},
	{name: "gzip that nobody announced", want: "XDR.Rejected", play: say(reply("200 OK", "", gzipText(goodBody)))},
	{name: "gzip twice", want: "XDR.Rejected", play: encoded("gzip, gzip", gzipText(gzipText(goodBody)))},
	{name: "br that is none", want: "done", play: encoded("br", goodBody)},
	{name: "br", want: "XDR.Rejected", play: encoded("br", "\x0b\x02\x80{}\x03")},
}

var oddChunks = []oddAnswer{
	{name: "chunks", want: "done", play: say(inChunks(chunked(goodBody)))},
	{name: "a chunk size in words", want: "XDR.Unavailable", play: say(inChunks("many\r\n" + goodBody + "\r\n0\r\n\r\n"))},
	{name: "an empty chunk size", want: "XDR.Unavailable", play: say(inChunks("\r\n" + goodBody + "\r\n0\r\n\r\n"))},
	{name: "a negative chunk size", want: "XDR.Unavailable", play: say(inChunks("-31\r\n" + goodBody + "\r\n0\r\n\r\n"))},
	{name: "a chunk over 64 bits", want: "XDR.Unavailable", play: say(inChunks("ffffffffffffffff0\r\n" + goodBody))},
	{name: "a chunk of 2^63-1", want: "XDR.Unavailable", play: sayAndClose(inChunks("7fffffffffffffff\r\n" + goodBody))},
	{name: "a chunk of 2^64-1", want: "XDR.Unavailable", play: sayAndClose(inChunks("ffffffffffffffff\r\n" + goodBody))},
	{name: "a chunk too short", want: "XDR.Unavailable", play: say(inChunks("5\r\n" + goodBody + "\r\n0\r\n\r\n"))},
	{name: "a chunk too long", want: "XDR.Unavailable", play: sayAndClose(inChunks("100\r\n" + goodBody + "\r\n0\r\n\r\n"))},
	{name: "an extension", want: "done", play: say(inChunks(goodChunk(`;a=b;c="d"`) + "0\r\n\r\n"))},
	{name: "an extension of 1 MiB", want: "XDR.Unavailable", play: say(inChunks(goodChunk(";"+strings.Repeat("x", 1<<20)) + "0\r\n\r\n"))},
	{name: "extensions without end", want: "XDR.Unavailable", play: sayForever(inChunks(""), "1;"+strings.Repeat("x", 3000)+"\r\n \r\n", 0)},
	{name: "chunks of one byte without end", want: "XDR.Unavailable|XDR.Rejected", play: sayForever(inChunks("1\r\n{\r\n"), "1\r\n \r\n", 0)},
	{name: "chunks that drip without end", want: "XDR.Unavailable", play: sayForever(inChunks("1\r\n{\r\n"), "1\r\n \r\n", tick)},
	{name: "no last chunk, then silence", want: "XDR.Unavailable", play: say(inChunks(goodChunk("")))},
	{name: "no last chunk, then the end", want: "XDR.Unavailable", play: sayAndClose(inChunks(goodChunk("")))},
	{name: "no end of the last chunk", want: "XDR.Unavailable", play: say(inChunks(goodChunk("") + "0\r\n"))},
	{name: "a trailer", want: "done", play: say(inChunks(goodChunk("") + "0\r\nX-A: b\r\n\r\n"))},
	{name: "a trailer of 2 MiB", want: "XDR.Unavailable", play: say(inChunks(goodChunk("") + "0\r\n" + bigHeader(2<<20) + "\r\n"))},
	{name: "trailers without end", want: "XDR.Unavailable", play: sayForever(inChunks(goodChunk("")+"0\r\n"), "X-A: b\r\n", 0)},
	{name: "trailers that drip without end", want: "XDR.Unavailable", play: sayForever(inChunks(goodChunk("")+"0\r\n"), "X-A: b\r\n", tick)},
	{name: "a trailer without colon", want: "XDR.Unavailable", play: say(inChunks(goodChunk("") + "0\r\nnonsense\r\n\r\n"))},
	{name: "a trailer with another length", want: "done", play: say(inChunks(goodChunk("") + "0\r\nContent-Length: 3\r\nTransfer-Encoding: gzip\r\n\r\n"))},
	{name: "LF alone in chunks", want: "done|XDR.Unavailable", play: say(inChunks(fmt.Sprintf("%x\n%s\n0\n\n", len(goodBody), goodBody)))},
}
