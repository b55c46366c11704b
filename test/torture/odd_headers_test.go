package torture

import (
	"fmt"
	"strings"
)

// headers is a good reply with more header lines.
func headers(lines string) func(*oddCall) { return say(good(lines)) }

// smallHeaders are so many bytes of headers that are small, each with a name of its own.
func smallHeaders(size int) string {
	var b strings.Builder
	for n := 0; b.Len() < size; n++ {
		fmt.Fprintf(&b, "X-%d: y\r\n", n)
	}
	return b.String()
}

func smallOnes(size int) func(*oddCall) { return func(c *oddCall) { c.say(good(smallHeaders(size))) } }

func bigHeader(size int) string { return "X-Big: " + strings.Repeat("x", size) + "\r\n" }

// unframed is a reply without Content-Length: the header lines say how long it is.
func unframed(lines string) func(*oddCall) {
	return sayAndClose("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", lines, "\r\n", goodBody)
}

func lengths(values ...string) func(*oddCall) {
	var b strings.Builder
	for _, value := range values {
		b.WriteString("Content-Length: " + value + "\r\n")
	}
	return unframed(b.String())
}

const okLine = "HTTP/1.1 200 OK\r\n"

var oddHeaders = []oddAnswer{
	{name: "9.9 MB of small headers", want: "XDR.Unavailable", play: smallOnes(9_900_000)},
	{name: "2 MiB of small headers", want: "XDR.Unavailable", play: smallOnes(2 << 20)},
	{name: "100 KiB of small headers", want: "done", play: smallOnes(100 << 10)},
	{name: "9.9 MB of one header again and again", want: "XDR.Unavailable", play: headers(strings.Repeat("A: b\r\n", 9_900_000/6))},
	{name: "a header of 2 MiB", want: "XDR.Unavailable", play: headers(bigHeader(2 << 20))},
	{name: "a header of a little over 1 MiB", want: "XDR.Unavailable", play: headers(bigHeader(1<<20 + 16<<10))},
	{name: "a header of a little under 1 MiB", want: "done", play: headers(bigHeader(1<<20 - 16<<10))},
	{name: "headers without end", want: "XDR.Unavailable", play: sayForever(okLine, "A: b\r\n", 0)},
	{name: "a header without end", want: "XDR.Unavailable", play: sayForever(okLine+"A: ", strings.Repeat("x", 32<<10), 0)},
	{name: "a header name without end", want: "XDR.Unavailable", play: sayForever(okLine, strings.Repeat("x", 32<<10), 0)},
	{name: "headers that drip", want: "XDR.Unavailable", play: sayForever(okLine, "A: b\r\n", tick)},
	{name: "a header that drips", want: "XDR.Unavailable", play: sayForever(okLine+"A: ", "x", tick)},
	{name: "headers that drip, and end", want: "done", play: func(c *oddCall) { c.drip(good("")) }},
	{name: "headers, then silence", want: "XDR.Unavailable", play: say(okLine + "Content-Type: application/json\r\n")},
	{name: "headers, then the end", want: "XDR.Unavailable", play: sayAndClose(okLine + "Content-Type: application/json\r\n")},
	{name: "the same length twice", want: "done", play: lengths(fmt.Sprint(len(goodBody)), fmt.Sprint(len(goodBody)))},
	{name: "two lengths", want: "XDR.Unavailable", play: lengths("20", fmt.Sprint(len(goodBody)))},
	{name: "two lengths in one line", want: "XDR.Unavailable", play: lengths("20, 49")},
	{name: "a negative length", want: "XDR.Unavailable", play: lengths("-49")},
	{name: "a length with a plus", want: "XDR.Unavailable", play: lengths("+49")},
	{name: "a length in hexadecimal", want: "XDR.Unavailable", play: lengths("0x31")},
	{name: "a length in words", want: "XDR.Unavailable", play: lengths("many")},
	{name: "a length over 64 bits", want: "XDR.Unavailable", play: lengths("99999999999999999999")},
	{name: "a length of 2^62", want: "XDR.Unavailable", play: lengths("4611686018427387904")},
	{name: "an empty length", want: "done|XDR.Unavailable", play: lengths("")},
	{name: "length and chunks, in chunks", want: "done", play: sayAndClose(okLine, "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", chunked(goodBody))},
	{name: "length and chunks, not in chunks", want: "XDR.Unavailable", play: unframed("Content-Length: 49\r\nTransfer-Encoding: chunked\r\n")},
	{name: "an encoding that nobody knows", want: "XDR.Unavailable", play: unframed("Transfer-Encoding: gzip, chunked\r\n")},
	{name: "two encodings", want: "XDR.Unavailable", play: unframed("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")},
	{name: "a folded header", want: "done", play: headers("X-A: one\r\n two\r\n\tthree\r\n")},
	{name: "a fold as the first header", want: "XDR.Unavailable", play: sayAndClose(okLine, " X-A: one\r\n\r\n", goodBody)},
	{name: "a NUL in a header", want: "XDR.Unavailable", play: headers("X-A: a\x00b\r\n")},
	{name: "a NUL in a header name", want: "XDR.Unavailable", play: headers("X-\x00A: b\r\n")},
	{name: "a CR in a header", want: "XDR.Unavailable", play: headers("X-A: a\rX-B: b\r\n")},
	{name: "a LF in a header", want: "done", play: headers("X-A: a\nX-B: b\r\n")},
	{name: "a header without colon", want: "XDR.Unavailable", play: headers("nonsense\r\n")},
	{name: "a header without name", want: "XDR.Unavailable", play: headers(": nonsense\r\n")},
	{name: "a space before the colon", want: "done", play: headers("X-A : b\r\n")},
	{name: "UTF-8 in a header", want: "done", play: headers("X-A: \u00e4\u202e\r\n")},
	{name: "UTF-8 in a header name", want: "XDR.Unavailable", play: headers("X-\u00e4: b\r\n")},
	{name: "a Date of 1970", want: "done", play: headers("Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n")},
	{name: "a refusal, dated 9999", want: "XDR.Unauthorized", play: say(reply("401 Unauthorized", "Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n", `{"reply":{"err_code":401}}`))},
	{name: "a refusal, dated in words", want: "XDR.Unauthorized", play: say(reply("401 Unauthorized", "Date: yesterday\r\n", `{"reply":{"err_code":401}}`))},
	{name: "retry after 300 years", want: "XDR.Throttled", play: throttled("9999999999")},
	{name: "retry after more than 64 bits", want: "XDR.Throttled", play: throttled("99999999999999999999")},
	{name: "retry before now", want: "XDR.Throttled", play: throttled("-1")},
	{name: "retry after a fraction", want: "XDR.Throttled", play: throttled("1e300")},
	{name: "retry in 9999", want: "XDR.Throttled", play: throttled("Fri, 31 Dec 9999 23:59:59 GMT")},
	{name: "retry soon", want: "XDR.Throttled", play: throttled("soon")},
}

func throttled(after string) func(*oddCall) {
	return say(reply("429 Too Many Requests", "Retry-After: "+after+"\r\n", `{"reply":{"err_code":429,"err_msg":"Too many requests."}}`))
}
