package torture

import (
	"fmt"
	"strings"
)

var oddPages = []oddAnswer{
	{name: "200 with the request", want: "XDR.Rejected", play: page("200 OK", "")},
	{name: "301 to a host that wants the key", want: "XDR.Rejected", play: redirect("301 Moved Permanently")},
	{name: "302 to a host that wants the key", want: "XDR.Rejected", play: redirect("302 Found")},
	{name: "303 to a host that wants the key", want: "XDR.Rejected", play: redirect("303 See Other")},
	{name: "307 to a host that wants the key", want: "XDR.Rejected", play: redirect("307 Temporary Redirect")},
	{name: "308 to a host that wants the key", want: "XDR.Rejected", play: redirect("308 Permanent Redirect")},
	{name: "400 with the request", want: "XDR.Rejected", play: page("400 Bad Request", "")},
	{name: "401 with the request", want: "XDR.Unauthorized", play: page("401 Unauthorized", "")},
	{name: "402 with the request", want: "XDR.Unauthorized", play: page("402 Payment Required", "")},
	{name: "403 with the request", want: "XDR.Unauthorized", play: page("403 Forbidden", "")},
	{name: "404 with the request", want: "XDR.Rejected", play: page("404 Not Found", "")},
	{name: "407 with the request", want: "XDR.Rejected", play: page("407 Proxy Authentication Required", "")},
	{name: "429 with the request", want: "XDR.Throttled", play: page("429 Too Many Requests", "")},
	{name: "500 with the request", want: "XDR.Unavailable", play: page("500 Internal Server Error", "")},
	{name: "502 with the request", want: "XDR.Unavailable", play: page("502 Bad Gateway", "")},
	{name: "503 with the request as HTML", want: "XDR.Unavailable", play: func(c *oddCall) {
		c.say(reply("503 Service Unavailable", "Content-Type: text/html\r\n", "<html><pre>"+c.request+"</pre></html>"))
	}},
	{name: "502 with the request as JSON", want: "XDR.Unavailable", play: func(c *oddCall) {
		c.say(reply("502 Bad Gateway", "", fmt.Sprintf(`{"headers":{"authorization":"%s"},"body":%q}`, c.sent, c.request)))
	}},
	{name: "502 with the value across the limit", want: "XDR.Unavailable", play: body("502 Bad Gateway", "SENT", behind(460))},
	{name: "502 with the value spelled out", want: "XDR.Unavailable", play: body("502 Bad Gateway", `{"authorization":"SENT"}`, escaped(1))},
	{name: "502 with the value spelled out, twice", want: "XDR.Unavailable", play: body("502 Bad Gateway", `{"request":"{\"authorization\":\"SENT\"}"}`, escaped(2))},
	{name: "502 with the value spelled out across the limit", want: "XDR.Unavailable", play: body("502 Bad Gateway", "SENT", func(s string) string { return behind(400)(escaped(1)(s)) })},
	{name: "502 with the value in lower case", want: "XDR.Unavailable", play: body("502 Bad Gateway", "SENT", strings.ToLower)},
	{name: "502 with the value in capitals", want: "XDR.Unavailable", play: body("502 Bad Gateway", "SENT", strings.ToUpper)},
	{name: "502 with the value in UTF-16", want: "XDR.Unavailable", play: body("502 Bad Gateway", "SENT", func(s string) string { return strings.Join(strings.Split(s, ""), "\x00") })},
	{name: "502 with the value and controls within", want: "XDR.Unavailable", play: body("502 Bad Gateway", "SENT", parted("\x01"))},
	{name: "502 with the value and escape sequences within", want: "XDR.Unavailable", play: body("502 Bad Gateway", "SENT", parted("\x1b[31m"))},
	{name: "502 with the value and joiners within", want: "XDR.Unavailable", play: body("502 Bad Gateway", "SENT", parted("\u200d"))},
	{name: "502 with the value and bad UTF-8 within", want: "XDR.Unavailable", play: body("502 Bad Gateway", "SENT", parted("\xff"))},
}

// redirect leads to the server itself: a second request is one too many, and says so by its answer.
func redirect(status string) func(*oddCall) {
	return func(c *oddCall) {
		if c.received > 1 {
			c.say(good(""))
			return
		}
		c.say(reply(status, "Location: "+c.server.url()+"/?"+c.sent+"\r\n", c.request))
	}
}

var oddHeads = []oddAnswer{
	{name: "the value as reason phrase", want: "XDR.Unavailable", play: head("HTTP/1.1 500 SENT")},
	{name: "the value as status", want: "XDR.Unavailable", play: head("HTTP/1.1 SENT OK")},
	{name: "the value as version", want: "XDR.Unavailable", play: head("SENT 200 OK")},
	{name: "the value as status line", want: "XDR.Unavailable", play: head("SENT")},
	{name: "the value as header line", want: "XDR.Unavailable", play: head(okLine + "SENT")},
	{name: "the value as header name", want: "done", play: head(okLine + "SENT: x")},
	{name: "the value as bad header name", want: "XDR.Unavailable", play: head(okLine + "(SENT): x")},
	{name: "the value in a bad header", want: "XDR.Unavailable", play: head(okLine + "X: SENT\x00")},
	{name: "the value as length", want: "XDR.Unavailable", play: head(okLine + "Content-Length: SENT")},
	{name: "the value as two lengths", want: "XDR.Unavailable", play: head(okLine + "Content-Length: SENT\r\nContent-Length: xSENT")},
	{name: "the value as encoding", want: "XDR.Unavailable", play: head(okLine + "Transfer-Encoding: SENT")},
	{name: "the value as packing", want: "done", play: head(okLine + "Content-Encoding: SENT")},
	{name: "the value as media type", want: "XDR.Unavailable", play: head("HTTP/1.1 502 Bad Gateway\r\nContent-Type: SENT/SENT")},
	{name: "the value as media type of a reply", want: "done", play: head(okLine + "Content-Type: SENT/x; charset=SENT")},
	{name: "the value as media type of a page", want: "XDR.Rejected", play: func(c *oddCall) {
		c.say("HTTP/1.1 200 OK\r\nContent-Type: ", c.sent, "/x\r\nContent-Length: 6\r\n\r\n<html>")
	}},
	{name: "the value as time to retry", want: "XDR.Unavailable", play: head("HTTP/1.1 503 Full\r\nRetry-After: SENT")},
	{name: "the value as date", want: "XDR.Unauthorized", play: head("HTTP/1.1 401 No\r\nDate: SENT")},
	{name: "the value as location", want: "XDR.Rejected", play: head("HTTP/1.1 302 Found\r\nLocation: https://SENT.example/SENT?SENT")},
	{name: "the value as bad location", want: "XDR.Rejected", play: head("HTTP/1.1 302 Found\r\nLocation: :%SENT")},
	{name: "the value as challenge", want: "XDR.Unauthorized", play: head("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"SENT\"")},
	{name: "the value as request id", want: "XDR.Unavailable", play: head("HTTP/1.1 500 No\r\nX-Request-Id: SENT")},
	{name: "the value as request id across the limit", want: "XDR.Unavailable", play: head("HTTP/1.1 500 No\r\nX-Request-Id: " + strings.Repeat("x", 100) + "SENT")},
	{name: "the value as request id in a trailer", want: "done", play: func(c *oddCall) {
		c.say(inChunks(goodChunk("") + "0\r\nX-Request-Id: " + c.sent + "\r\nAuthorization: " + c.sent + "\r\n\r\n"))
	}},
	{name: "the value as bad trailer", want: "XDR.Unavailable", play: func(c *oddCall) {
		c.say(inChunks(goodChunk("") + "0\r\n" + c.sent + "\r\n\r\n"))
	}},
	{name: "the value as chunk size", want: "XDR.Unavailable", play: func(c *oddCall) { c.say(inChunks(c.sent + "\r\n" + goodBody + "\r\n0\r\n\r\n")) }},
	{name: "the value as extension", want: "done", play: func(c *oddCall) { c.say(inChunks(goodChunk(";"+c.sent) + "0\r\n\r\n")) }},
	{name: "the value as early hint", want: "done", play: func(c *oddCall) { c.say(interim("103 "+c.sent, "Link: "+c.sent+"\r\n"), good("")) }},
	{name: "the value as protocol", want: "XDR.Unavailable", play: func(c *oddCall) {
		c.say(interim("101 "+c.sent, "Connection: Upgrade\r\nUpgrade: "+c.sent+"\r\n"))
	}},
}
