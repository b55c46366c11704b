package torture

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Answers that repeat what they were sent. The key, or the signature, must come out nowhere.

// spelling is a way to write the Authorization value.
type spelling struct {
	name  string
	spell func(string) string
}

var (
	plain   = spelling{"plain", func(s string) string { return s }}
	lower   = spelling{"lower case", strings.ToLower}
	upper   = spelling{"capitals", strings.ToUpper}
	utf16   = spelling{"UTF-16", func(s string) string { return strings.Join(strings.Split(s, ""), "\x00") }}
	escaped = escapes(1)
)

// escapes spells each character as JSON may, in a string within so many strings.
func escapes(depth int) spelling {
	return spelling{fmt.Sprint("escapes, depth ", depth), func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&b, `%su%04x`, strings.Repeat(`\`, 1<<(depth-1)), c)
		}
		return b.String()
	}}
}

// parted puts something after every ten characters: what is shown must not close the gaps again.
func parted(gap string) spelling {
	return spelling{fmt.Sprintf("parted by %q", gap), func(s string) string {
		var b strings.Builder
		for part := range slices.Chunk([]byte(s), 10) {
			b.WriteString(string(part) + gap)
		}
		return b.String()
	}}
}

// after puts so many characters in front, so that a limit cuts through the middle.
func after(n int, s spelling) spelling {
	return spelling{fmt.Sprint(s.name, " after ", n), func(text string) string { return strings.Repeat("x", n) + s.spell(text) }}
}

// echo is an answer for each way to spell the value in the place of SENT.
func echo(want, status, body string, spellings ...spelling) []kind {
	var kinds []kind
	for _, s := range spellings {
		play := func(c *call) { c.write(reply(status, "", strings.ReplaceAll(body, "SENT", s.spell(c.sent)))) }
		kinds = append(kinds, kind{name: fmt.Sprintf("%s %.80s, %s", status, body, s.name), want: want, play: play})
	}
	return kinds
}

// quoted answers with the request in err_msg, as text in so many JSON strings.
func quoted(depth int) play {
	return func(c *call) {
		text := c.request
		for range depth {
			raw, _ := json.Marshal(text)
			text = strings.Trim(string(raw), `"`)
		}
		c.write(reply("500 No", "", `{"reply":{"err_code":500,"err_msg":"`+text+`"}}`))
	}
}

// repeats is a page with the request.
func repeats(status string) play { return page(status, "", "REQUEST") }

// redirect leads to the server itself: a second request is one too many, and its answer says so.
func redirect(status string) play {
	return func(c *call) {
		if c.number > 1 {
			c.write(good(""))
			return
		}
		page(status, "Location: HERE/?SENT\r\n", "REQUEST")(c)
	}
}

// head is an answer with a bad or strange head.
func head(text string) play { return ended(text + "\r\n\r\nGOOD") }

const html = "HTTP/1.1 200 OK\r\nContent-Type: SENT/x\r\nContent-Length: 6\r\n\r\n<html>"

var oddHeads = slices.Concat(
	each("XDR.Rejected", "page with the request", repeats,
		"200 OK", "400 Bad Request", "404 Not Found", "407 Proxy Authentication Required"),
	each("XDR.Unauthorized", "page with the request", repeats, "401 Unauthorized", "402 Payment Required", "403 Forbidden"),
	each("XDR.Throttled", "page with the request", repeats, "429 Too Many Requests"),
	each("XDR.Unavailable", "page with the request", repeats, "500 Internal Server Error", "502 Bad Gateway"),
	each("XDR.Rejected", "redirect", redirect, "301 Moved Permanently", "302 Found", "303 See Other",
		"307 Temporary Redirect", "308 Permanent Redirect"),
	each("XDR.Unavailable", "head", head, "HTTP/1.1 500 SENT", "HTTP/1.1 SENT OK", "SENT 200 OK", "SENT", okLine+"SENT",
		okLine+"(SENT): x", okLine+"X: SENT\x00", okLine+"Content-Length: SENT",
		okLine+"Content-Length: SENT\r\nContent-Length: xSENT", okLine+"Transfer-Encoding: SENT",
		"HTTP/1.1 502 No\r\nContent-Type: SENT/SENT", "HTTP/1.1 503 Full\r\nRetry-After: SENT",
		"HTTP/1.1 500 No\r\nX-Request-Id: SENT", "HTTP/1.1 500 No\r\nX-Request-Id: "+strings.Repeat("x", 100)+"SENT"),
	each("XDR.Unauthorized", "head", head,
		"HTTP/1.1 401 No\r\nDate: SENT", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"SENT\""),
	each("XDR.Rejected", "head", head,
		"HTTP/1.1 302 Found\r\nLocation: https://SENT.example/SENT?SENT", "HTTP/1.1 302 Found\r\nLocation: :%SENT"),
	each("done", "head", head,
		okLine+"SENT: x", okLine+"Content-Encoding: SENT", okLine+"Content-Type: SENT/x; charset=SENT"),
	all("XDR.Rejected", plays{"the value as media type of a page": say(html)}),
	all("XDR.Unavailable", plays{
		"a page with the request as HTML": page("503 No", "Content-Type: text/html\r\n", "<html><pre>REQUEST</pre></html>"),
		"a page with the request as JSON": func(c *call) {
			c.write(reply("502 No", "", fmt.Sprintf(`{"headers":{"authorization":%q},"body":%q}`, c.sent, c.request)))
		},
		"the request in err_msg":          quoted(1),
		"the request in err_msg, as JSON": quoted(2),
	}),
)
