package torture

import (
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
)

const mega = 1 << 20

// filled is a form: it puts so many bytes of a filling in the place of …. The reply ends with the connection.
func filled(status, part string, size int) func(string) play {
	return func(body string) play {
		return then(say("HTTP/1.1 "+status+"\r\n\r\n"), func(c *call) { fill(c, body, part, size) }, hangUp)
	}
}

// bomb is the same, 1 GiB in gzip.
func bomb(status, part string) func(string) play {
	return func(body string) play {
		return then(say("HTTP/1.1 "+status+"\r\nContent-Encoding: gzip\r\n\r\n"), func(c *call) {
			z, _ := gzip.NewWriterLevel(c, gzip.BestSpeed) // the level is a valid one
			fill(z, body, part, 1<<30)
			_ = z.Close()
		}, hangUp)
	}
}

// fill writes a text with a filling in the place of …, for as long as the other side listens.
func fill(w io.Writer, text, part string, size int) {
	before, after, _ := strings.Cut(text, "…")
	some := []byte(strings.Repeat(part, 32<<10/len(part)))
	_, err := io.WriteString(w, before)
	for ; size > 0 && err == nil; size -= len(some) {
		_, err = w.Write(some)
	}
	_, _ = io.WriteString(w, after)
}

// numbered is a form: it puts 100,000 numbered members in the place of each …, the last number first if it is to be in
// the worst order.
func numbered(worst bool, members ...string) func(string) play {
	const count = 100_000
	return func(body string) play {
		return func(c *call) {
			text := body
			for _, member := range members {
				var b strings.Builder
				for n := range count {
					if worst {
						n = count - n
					}
					fmt.Fprintf(&b, member, n)
				}
				text = strings.Replace(text, "…", b.String(), 1)
			}
			c.write(reply("200 OK", "", text))
		}
	}
}

const (
	failedMember = `"%032x":"FAILED",`
	reasonMember = `"%032x":{"errorData":"{\"errorText\":\"no\"}","errorDescription":"Element not found.\r\n",` +
		`"terminate_result":[{"path":null,"status":1}]},`
)

var manyFailed = numbered(false, failedMember, reasonMember)(
	`{"reply":{"data":{…"z":"FAILED"},"errorReasons":{…"z":null}}}`)

var hostileReplies = slices.Concat(
	all("failed", plays{"100,000 failed endpoints with reasons": manyFailed}),
	each("failed", "100,000 reasons, in the worst order, in", numbered(true, reasonMember),
		`{"reply":{"errorReasons":{…"z":null},"data":{"z":"FAILED"}}}`),
	each("pending", "100,000 statuses that nobody knows in", numbered(false, `"%032x":"STATUS_%[1]d",`),
		`{"reply":{"data":{…"z":"FAILED"}}}`),
	each("pending", "100,000 agents without a status in", filled("200 OK", `"a":["FAILED"],`, 1_500_000),
		`{"reply":{"data":{…"z":"FAILED"}}}`),
	each("failed", "200,000 empty reasons in", filled("200 OK", `"a":null,`, 1_800_000),
		`{"reply":{"errorReasons":{…"z":"no"},"data":{"z":"FAILED"}}}`),

	each("XDR.Rejected", "60 MiB in", filled("200 OK", "A ", 60*mega),
		`{"reply":{"data":{"a":"…"}}}`,
		`{"reply":{"data":{"…":"FAILED"}}}`,
		`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorDescription":"…"}}}}`,
		`{"reply":{"err_code":400,"err_extra":["…"]}}`,
		`{"other":"…","reply":{"data":{"a":"FAILED"}}}`),
	each("XDR.Rejected", "60 MiB of escapes in", filled("200 OK", `\u0001`, 60*mega),
		`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":"…"}}}`),
	each("XDR.Rejected", "60 MiB of white space in", filled("200 OK", " ", 60*mega), "{…"+goodBody[1:]),
	each("XDR.Rejected", "60 MiB in small parts in", filled("200 OK", `"FAILED",`, 60*mega),
		`{"reply":{"data":{"a":[…"FAILED"]}}}`),
	each("XDR.Rejected", "a body without end in", filled("200 OK", `"a":"FAILED",`, 1<<40), `{"reply":{"data":{…`),
	each("XDR.Rejected", "1 GiB of white space in gzip in", bomb("200 OK", " "), "{…}"),
	each("XDR.Rejected", "1 GiB of one string in gzip in", bomb("200 OK", "A"), `{"reply":{"data":{"a":"…"}}}`),
	each("XDR.Unavailable", "1 GiB of an error page in gzip in", bomb("502 No", "A"), "<p>…"),

	each("XDR.Rejected", "arrays 10 million deep in", filled("200 OK", "[", 10*mega),
		`{"reply":…`, `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":…`),
	each("XDR.Rejected", "objects with long names in", filled("200 OK", `{"`+strings.Repeat("n", 7000)+`":`, 60*mega),
		`{"reply":{"x":…`, `{"reply":{"errorReasons":[…`),
	each("XDR.Rejected", "objects a million deep in", filled("200 OK", `{"a":`, 5*mega), `{"reply":{"data":…`),
	each("XDR.Unavailable", "arrays a million deep in an error in", filled("500 No", "[", mega),
		`{"reply":{"err_code":500,"err_extra":…`),
	each("XDR.Rejected", "a million digits in", filled("200 OK", "9", mega), `{"reply":{"err_code":…}}`),
)

// asks is a request with one more member.
func asks(member, value string) string { return `{"group_action_id":1,"` + member + `":` + value + "}" }

func expecting(agents int) string {
	var b strings.Builder
	for n := range agents {
		fmt.Fprintf(&b, `"%032x",`, n)
	}
	return asks("expected_agents", "["+strings.TrimSuffix(b.String(), ",")+"]")
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

func sizedText(size int) string { return `"` + strings.Repeat("x", size) + `"` }

const invalid = "XDR.InvalidRequest"

var hostileRequests = []kind{
	{name: "5,000 expected agents", want: "pending", event: expecting(5_000), play: ok(goodBody)},
	{name: "100,000 expected agents", want: invalid, event: expecting(100_000), play: ok(goodBody)},
	{name: "an event a million deep", want: invalid, event: asks("x", nested(mega)), play: ok("{}")},
	{name: "a previous of 6 MB", want: "done", event: asks("previous", sizedText(6_000_000)), play: ok(goodBody)},
	{name: "many failures, 4 KiB of context", want: "failed", event: asks("context", sizedText(4_094)), play: manyFailed},
}
