package torture

import (
	"compress/gzip"
	"fmt"
	"io"
	"strings"
)

const mega = 1 << 20

// hostileReply is a reply that no tenant sends, and what a check may say of it.
type hostileReply struct {
	name    string
	want    string // error names or verdicts, with | between them
	event   string // default: action 1
	headers map[string]string
	status  int
	write   func(w io.Writer)
	raw     bool // write writes the head, too
}

// text repeats a text until so many bytes are written.
func text(w io.Writer, part string, size int) {
	block := []byte(strings.Repeat(part, max(1, 32<<10/len(part))))
	for size > 0 {
		n, err := w.Write(block[:min(size, len(block))])
		if err != nil {
			return
		}
		size -= n
	}
}

// around writes a filling between two texts.
func around(before, part string, size int, after string) func(io.Writer) {
	return func(w io.Writer) {
		fmt.Fprint(w, before)
		text(w, part, size)
		fmt.Fprint(w, after)
	}
}

// whole writes one text.
func whole(s string) func(io.Writer) { return func(w io.Writer) { fmt.Fprint(w, s) } }

// packed compresses what another writes.
func packed(write func(io.Writer)) func(io.Writer) {
	return func(w io.Writer) {
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		write(z)
		_ = z.Close()
	}
}

// many writes 100,000 failed endpoints, each with its reason.
func many(w io.Writer) {
	const count = 100_000
	fmt.Fprint(w, `{"reply":{"data":{`)
	for n := range count {
		fmt.Fprintf(w, `"%032x":"FAILED",`, n)
	}
	fmt.Fprint(w, `"z":"FAILED"},"errorReasons":{`)
	for n := range count {
		fmt.Fprintf(w, `"%032x":{"errorData":"{\"errorText\":\"no\"}","errorDescription":"Element not found.\r\n","terminate_result":[{"path":null,"status":1}]},`, n)
	}
	fmt.Fprint(w, `"z":null}}}`)
}

var gzipped = map[string]string{"Content-Encoding": "gzip"}

var hostileReplies = []hostileReply{
	{name: "an ordinary reply", want: "done", write: whole(goodBody)},
	{name: "100,000 failed endpoints with reasons", want: "failed", write: many},
	{name: "the same, reasons first", want: "failed", write: func(w io.Writer) {
		fmt.Fprint(w, `{"reply":{"errorReasons":{`)
		for n := range 100_000 {
			fmt.Fprintf(w, `"%032x":{"errorDescription":"Element not found.\r\n"},`, 100_000-n)
		}
		fmt.Fprint(w, `"z":null},"data":{"z":"FAILED"}}}`)
	}},
	{name: "64 MiB of one status", want: "XDR.Rejected", write: around(`{"reply":{"data":{"a":"`, "A", 64*mega, `"}}}`)},
	{name: "60 MiB of one status", want: "pending|XDR.Rejected", write: around(`{"reply":{"data":{"a":"`, "A", 60*mega, `"}}}`)},
	{name: "60 MiB of one agent id", want: "failed|XDR.Rejected", write: around(`{"reply":{"data":{"`, "A", 60*mega, `":"FAILED"}}}`)},
	{name: "60 MiB of one reason", want: "failed|XDR.Rejected", write: around(`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorDescription":"`, "A ", 60*mega, `"}}}}`)},
	{name: "60 MiB of escapes in one reason", want: "failed|XDR.Rejected", write: around(`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":"`, `\u0001`, 60*mega/6*6, `"}}}`)},
	{name: "60 MiB of err_extra", want: "XDR.Rejected", write: around(`{"reply":{"err_code":400,"err_extra":["`, "A", 60*mega, `"]}}`)},
	{name: "60 MiB of a member that nobody knows", want: "failed|XDR.Rejected", write: around(`{"other":"`, "A", 60*mega, `","reply":{"data":{"a":"FAILED"}}}`)},
	{name: "60 MiB of white space", want: "done|XDR.Rejected", write: around(`{`, " ", 60*mega, `"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "a body without end", want: "XDR.Rejected", write: around(`{"reply":{"data":{`, `"a":"FAILED",`, 1<<40, "")},
	{name: "a gzip bomb of white space", want: "XDR.Rejected", headers: gzipped, write: packed(around("{", " ", 1<<30, "}"))},
	{name: "a gzip bomb of one string", want: "XDR.Rejected", headers: gzipped, write: packed(around(`{"reply":{"data":{"a":"`, "A", 1<<30, `"}}}`))},
	{name: "a gzip bomb as an error", want: "XDR.Unavailable", status: 502, headers: gzipped, write: packed(around("<p>", "A", 1<<30, ""))},
	{name: "gzip within gzip", want: "XDR.Rejected", headers: gzipped, write: packed(packed(whole(`{}`)))},
	{name: "not gzip", want: "XDR.Unavailable", headers: gzipped, write: whole(`{"reply":{}}`)},
	{name: "arrays 10 million deep", want: "XDR.Rejected", write: around(`{"reply":`, "[", 10*mega, "")},
	{name: "objects a million deep", want: "XDR.Rejected", write: around(`{"reply":{"data":`, `{"a":`, 5*mega, "")},
	{name: "deep in a reason", want: "XDR.Rejected", write: around(`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":`, "[", mega, "")},
	{name: "deep in an error", want: "XDR.Unavailable", status: 500, write: around(`{"reply":{"err_code":500,"err_extra":`, "[", mega, "")},
	{name: "a number of a million digits", want: "failed", write: around(`{"n":`, "9", mega, `,"reply":{"data":{"a":"FAILED"}}}`)},
	{name: "an err_code of a million digits", want: "XDR.Rejected", write: around(`{"reply":{"err_code":`, "9", mega, `}}`)},
	{name: "err_code 1e999999999", want: "XDR.Rejected", write: whole(`{"reply":{"err_code":1e999999999}}`)},
	{name: "invalid UTF-8 in a status", want: "pending", write: whole("{\"reply\":{\"data\":{\"a\":\"COMPLETED_SUCCESSFULLY\xff\",\"\xc3\":\"\xed\xa0\x80\"}}}")},
	{name: "invalid UTF-8 in a reason", want: "failed", write: whole("{\"reply\":{\"data\":{\"a\":\"FAILED\"},\"errorReasons\":{\"a\":{\"errorDescription\":\"\xff\xfe\"}}}}")},
	{name: "NUL and controls", want: "XDR.Rejected", write: whole("{\"reply\":{\"data\":{\"a\":\"FAILED\x00\"}}}")},
	{name: "an agent twice", want: "pending", write: whole(`{"reply":{"data":{"a":"PENDING","a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "data twice", want: "XDR.Rejected", write: whole(`{"reply":{"data":{"a":"PENDING"},"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "reply twice", want: "XDR.Rejected", write: whole(`{"reply":{"data":{"a":"PENDING"}},"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "another case", want: "XDR.Rejected", write: whole(`{"Reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "100,000 statuses that nobody knows", want: "pending", write: func(w io.Writer) {
		fmt.Fprint(w, `{"reply":{"data":{`)
		for n := range 100_000 {
			fmt.Fprintf(w, `"%032x":"STATUS_%d",`, n, n)
		}
		fmt.Fprint(w, `"z":"FAILED"}}}`)
	}},
	{name: "an err_msg alone", want: "XDR.Rejected", write: whole(`{"reply":{"data":null,"err_code":null,"err_msg":"An error occurred"}}`)},
	{name: "an err_extra alone", want: "XDR.Rejected", write: whole(`{"reply":{"err_extra":"No such action"}}`)},
	{name: "an err_msg beside empty data", want: "XDR.Rejected", write: whole(`{"reply":{"data":{},"err_msg":"An error occurred"}}`)},
	{name: "an err_msg beside success", want: "pending", write: whole(`{"reply":{"err_code":0,"err_msg":"partial outage","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "an err_msg beside failure", want: "failed", write: whole(`{"reply":{"err_code":"0","err_msg":"partial outage","data":{"a":"FAILED"}}}`)},
	{name: "an err_code beside success", want: "XDR.Unavailable", write: whole(`{"reply":{"err_code":500,"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "a member of a new API", want: "XDR.Rejected", write: whole(`{"reply":{"result":"x"}}`)},
	{name: "data in another case", want: "XDR.Rejected", write: whole(`{"reply":{"Data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "an agent without a status", want: "pending", write: whole(`{"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY","b":null}}}`)},
	{name: "100,000 agents without a status", want: "pending", write: around(`{"reply":{"data":{`, `"a":["FAILED"],`, 100_000*len(`"a":["FAILED"],`), `"z":"FAILED"}}}`)},
	{name: "a status of 60 MiB in small parts", want: "pending|XDR.Rejected", write: around(`{"reply":{"data":{"a":[`, `"FAILED",`, 60*mega/9*9, `"FAILED"]}}}`)},
	{name: "200,000 empty reasons", want: "failed", write: around(`{"reply":{"errorReasons":{`, `"a":null,`, 200_000*len(`"a":null,`), `"z":"no"},"data":{"z":"FAILED"}}}`)},
	{name: "a header of 900 KiB", want: "done", headers: map[string]string{"X-Request-Id": strings.Repeat("x", 900<<10)}, write: whole(goodBody)},
	{name: "a header of 2 MiB", want: "XDR.Unavailable", headers: map[string]string{"X-Request-Id": strings.Repeat("x", 2*mega)}, write: whole(goodBody)},
	{name: "9.9 MB of small headers", want: "XDR.Unavailable", raw: true, write: func(w io.Writer) { fmt.Fprint(w, good(smallHeaders(9_900_000))) }},
	{name: "the same as an error page", want: "XDR.Unavailable", raw: true, write: func(w io.Writer) { fmt.Fprint(w, reply("502 Bad Gateway", smallHeaders(9_900_000), "")) }},
	{name: "9.9 MB of one header", want: "XDR.Unavailable", raw: true, write: around(okLine, "A: b\r\n", 9_900_000/6*6, "\r\n"+goodBody)},
	{name: "small headers without end", want: "XDR.Unavailable", raw: true, write: around(okLine, "A: b\r\n", 1<<40, "")},
	{name: "a header without end", want: "XDR.Unavailable", raw: true, write: around(okLine+"A: ", "x", 1<<40, "")},
	{name: "a status line without end", want: "XDR.Unavailable", raw: true, write: around("HTTP/1.1 200 ", "x", 1<<40, "")},
	{name: "interim answers without end", want: "XDR.Unavailable", raw: true, write: around("", interim("103 Early Hints", "A: b\r\n"), 1<<40, "")},
	{name: "trailers without end", want: "XDR.Unavailable", raw: true, write: around(inChunks(goodChunk("")+"0\r\n"), "A: b\r\n", 1<<40, "")},
	{name: "5,000 expected agents", want: "pending", event: expecting(5_000), write: whole(`{"reply":{"data":{"1":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "100,000 expected agents", want: "XDR.InvalidRequest", event: expecting(100_000), write: whole(goodBody)},
	{name: "an event a million deep", want: "XDR.InvalidRequest", event: deepEvent(mega), write: whole(`{}`)},
	{name: "an event 90,000 deep", want: "XDR.InvalidRequest", event: deepEvent(90_000), write: whole(`{}`)},
	{name: "an event of 199 KiB that nobody knows", want: "done", event: bigEvent("x", 199<<10), write: whole(goodBody)},
	{name: "an event of 6 MB that nobody knows", want: "XDR.InvalidRequest", event: bigEvent("x", 6_000_000), write: whole(goodBody)},
	{name: "a previous verdict of 6 MB that is none", want: "done", event: bigEvent("previous", 6_000_000), write: whole(goodBody)},
	{name: "a context of 5 KiB", want: "XDR.InvalidRequest", event: bigEvent("context", 5<<10), write: whole(goodBody)},
	{name: "100,000 failed endpoints beside a context of 4 KiB", want: "failed", event: bigEvent("context", 4_094), write: many},
}

func expecting(agents int) string {
	return `{"group_action_id":1,"expected_agents":["` + strings.Join(ids(agents), `","`) + `"]}`
}

func deepEvent(depth int) string {
	return `{"group_action_id":1,"x":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}"
}

func bigEvent(member string, size int) string {
	return fmt.Sprintf(`{"group_action_id":1,%q:"%s"}`, member, strings.Repeat("x", size))
}

func ids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%032x", i)
	}
	return list
}
