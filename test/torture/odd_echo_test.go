package torture

import (
	"fmt"
	"slices"
	"strings"
)

// Answers that repeat what they were sent. The key, or the signature, must come out nowhere.

// spellings are ways to write the Authorization value; pkg/xdr tries many more. Three of them are beyond every limit at
// which a text is cut.
var spellings = map[string]func(string) string{
	"plain":          func(s string) string { return s },
	"capitals":       strings.ToUpper,
	"escapes":        func(s string) string { return escapes(s, `\u%04x`) },
	"nested escapes": func(s string) string { return escapes(s, `\\u%04x`) },
	"after 236":      after(236),
	"after 480":      after(480),
	"parted":         func(s string) string { return s[:10] + `\u200b` + s[10:20] + `\u0001` + s[20:] },
}

func escapes(s, form string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, form, c)
	}
	return b.String()
}

func utf16(s string) string { return strings.Join(strings.Split(s, ""), "\x00") }

// after puts so many characters in front, so that a limit cuts through the middle.
func after(n int) func(string) string {
	return func(s string) string { return strings.Repeat("x", n) + s }
}

// echo is an answer with the value in the place of SENT, for each text and each spelling.
func echo(want, status string, texts ...string) (kinds []kind) {
	for _, text := range texts {
		for name, spell := range spellings {
			play := func(c *call) { c.write(reply(status, "", strings.ReplaceAll(text, "SENT", spell(c.sent)))) }
			kinds = append(kinds, kind{name: fmt.Sprintf("%s %.80s, %s", status, text, name), want: want, play: play})
		}
	}
	slices.SortFunc(kinds, func(a, b kind) int { return strings.Compare(a.name, b.name) })
	return kinds
}

var oddTexts = slices.Concat(
	echo("XDR.Unavailable", "502 Bad Gateway", "SENT", `{"request":"{\"authorization\":\"SENT\"}"}`),
	echo("XDR.Unavailable", "500 No", `{"reply":{"err_code":"SENT","err_msg":"SENT","err_extra":{"SENT":["SENT",{"a":"SENT"}]}}}`),
	echo("XDR.Rejected", "200 OK", `{"reply":{"err_code":"SENT","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`,
		`{"reply":{"SENT":"SENT"}}`, `{"SENT":{"data":{"a":"FAILED"}}}`, `{"reply":SENT}`, `{"reply":{"data":{"SENT":tru}}}`),
	echo("pending", "200 OK", `{"reply":{"err_code":0,"err_msg":"SENT","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`,
		`{"reply":{"data":{"SENT":"PENDING","a":"SENT","b":["SENT"]}}}`),
	echo("failed", "200 OK", `{"reply":{"data":{"a":"FAILED","SENT":"FAILED"},`+
		`"errorReasons":{"a":{"errorDescription":"SENT"},"SENT":{"SENT":{"SENT":"SENT"}}}}}`,
		`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorData":"{\"errorText\":\"SENT\"}"}}}}`,
		`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"missing_files":["SENT"],`+
			`"terminate_result":[{"path":"SENT","status":1}]}}}}`),
)

// repeats is a page with the request.
func repeats(status string) play { return page(status, "", "REQUEST") }

// head is an answer with a bad or strange head.
func head(text string) play { return ended(text + "\r\n\r\nGOOD") }

var oddHeads = slices.Concat(
	each("XDR.Rejected", "page with the request", repeats, "200 OK", "404 Not Found", "407 Proxy Authentication Required"),
	each("XDR.Unauthorized", "page with the request", repeats, "401 Unauthorized", "402 Payment Required", "403 Forbidden"),
	each("XDR.Throttled", "page with the request", repeats, "429 Too Many Requests"),
	each("XDR.Unavailable", "head", head, "HTTP/1.1 500 SENT", "HTTP/1.1 SENT OK", "SENT", okLine+"SENT", okLine+"(SENT): x",
		okLine+"X: SENT\x00", okLine+"Content-Length: SENT", okLine+"Content-Length: SENT\r\nContent-Length: xSENT",
		okLine+"Transfer-Encoding: SENT", "HTTP/1.1 502 No\r\nContent-Type: SENT/SENT",
		"HTTP/1.1 503 Full\r\nRetry-After: SENT", "HTTP/1.1 500 No\r\nX-Request-Id: "+strings.Repeat("x", 100)+"SENT"),
	each("XDR.Unauthorized", "head", head,
		"HTTP/1.1 401 No\r\nDate: SENT", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"SENT\""),
	each("XDR.Rejected", "head", head,
		"HTTP/1.1 302 Found\r\nLocation: https://SENT.example/SENT?SENT", "HTTP/1.1 302 Found\r\nLocation: :%SENT"),
	each("done", "head", head,
		okLine+"SENT: x", okLine+"Content-Encoding: SENT", okLine+"Content-Type: SENT/x; charset=SENT"),
	each("XDR.Rejected", "page of HTML", say,
		"HTTP/1.1 200 OK\r\nContent-Type: SENT/x\r\nContent-Length: 6\r\n\r\n<html>"),
	all("XDR.Unavailable", plays{"the request as JSON": func(c *call) {
		c.write(reply("502 No", "", fmt.Sprintf(`{"headers":{"authorization":%q},"body":%q}`, c.sent, c.request)))
	}}),
)
