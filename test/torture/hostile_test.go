package torture

import (
	"fmt"
	"strings"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const canary = xdrtest.Canary

// spellings are ways to write the Authorization value; pkg/xdr tries many more. Three of them are beyond every limit at
// which a text is cut.
var spellings = map[string]func(string) string{
	"":               func(s string) string { return s },
	"capitals":       strings.ToUpper,
	"escapes":        func(s string) string { return escapes(s, `\u%04x`) },
	"nested escapes": func(s string) string { return escapes(s, `\\u%04x`) },
	"after 236":      func(s string) string { return strings.Repeat("x", 236) + s },
	"after 480":      func(s string) string { return strings.Repeat("x", 480) + s },
	"parted":         func(s string) string { return s[:10] + `\u200b` + s[10:20] + `\u0001` + s[20:] },
}

func escapes(s, form string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, form, c)
	}
	return b.String()
}

// echoes are replies that repeat the Authorization value, in each spelling; errorEchoes are errors that do.
var (
	echoes = answers{
		"XDR.Rejected": {
			`{"reply":{"err_code":"SENT","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`, `{"reply":{"SENT":"SENT"}}`,
			`{"SENT":{"data":{"a":"FAILED"}}}`, `{"reply":SENT}`, `{"reply":{"data":{"SENT":tru}}}`,
		},
		"pending": {
			`{"reply":{"err_code":0,"err_msg":"SENT","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`,
			`{"reply":{"data":{"SENT":"PENDING","a":"SENT","b":["SENT"]}}}`,
		},
		"failed": {
			`{"reply":{"data":{"a":"FAILED","SENT":"FAILED"},` +
				`"errorReasons":{"a":{"errorDescription":"SENT"},"SENT":{"SENT":{"SENT":"SENT"}}}}}`,
			`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorData":"{\"errorText\":\"SENT\"}"}}}}`,
			`{"reply":{"data":{"a":"FAILED"},` +
				`"errorReasons":{"a":{"missing_files":["SENT"],"terminate_result":[{"path":"SENT","status":1}]}}}}`,
		},
	}
	errorEchoes = answers{"XDR.Unavailable": {
		"SENT", `{"request":"{\"authorization\":\"SENT\"}"}`,
		`{"reply":{"err_code":"SENT","err_msg":"SENT","err_extra":{"SENT":["SENT",{"a":"SENT"}]}}}`,
	}}
)

const (
	body   = ok + "\r\n"
	packed = "Content-Encoding: gzip\r\n\r\n⟨gzip⟩"
	reason = `"%032x":{"errorData":"{\"errorText\":\"no\"}","errorDescription":"Element not found.\r\n"},`

	manyFailed = body + `{"reply":{"data":{⟨100000×"%032x":"FAILED",⟩"z":"FAILED"},` +
		`"errorReasons":{⟨100000×` + reason + `⟩"z":null}}}`
)

// hostile are replies that are huge or deep, without the end of the connection.
var hostile = answers{
	"failed": {
		manyFailed, body + `{"reply":{"errorReasons":{⟨worst 100000×` + reason + `⟩"z":null},"data":{"z":"FAILED"}}}`,
		body + `{"reply":{"errorReasons":{⟨200000×"a":null,⟩"z":"no"},"data":{"z":"FAILED"}}}`,
	},
	"pending": {
		body + `{"reply":{"data":{⟨100000×"%032[1]x":"STATUS_%[1]d",⟩"z":"FAILED"}}}`,
		body + `{"reply":{"data":{⟨100000×"a":["FAILED"],⟩"z":"FAILED"}}}`,
	},
	"XDR.Rejected": {
		body + `{"reply":{"data":{"a":"⟨63000000×A⟩"}}}`, body + `{"reply":{"data":{"⟨63000000×A⟩":"FAILED"}}}`,
		body + `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorDescription":"⟨63000000×A⟩"}}}}`,
		body + `{"reply":{"err_code":400,"err_extra":["⟨63000000×A⟩"]}}`,
		body + `{"other":"⟨63000000×A⟩","reply":{"data":{"a":"FAILED"}}}`,
		body + `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":"⟨10000000×\u0001⟩"}}}`, body + `{⟨63000000× ⟩"reply":1}`,
		body + `{"reply":{"data":{"a":[⟨7000000×"FAILED",⟩1]}}}`, body + `{"reply":{"data":{⟨∞×"a":"FAILED",⟩`,
		ok + packed + "{⟨1000000000× ⟩}", ok + packed + `{"reply":{"data":{"a":"⟨1000000000×A⟩"}}}`,
		body + `{"reply":⟨10000000×[⟩`, body + `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":⟨10000000×[⟩`,
		body + `{"reply":{"x":⟨9000×{"` + longName + `":⟩`, body + `{"reply":{"errorReasons":[⟨9000×{"` + longName + `":⟩`,
		body + `{"reply":{"data":⟨1000000×{"a":⟩`, body + `{"reply":{"err_code":⟨1000000×9⟩}}`,
	},
	"XDR.Unavailable": {
		"HTTP/1.1 502 No\r\n" + packed + "<p>⟨1000000000×A⟩", "HTTP/1.1 500 No\r\n\r\n" + `{"reply":{"err_code":500,"err_extra":⟨1000000×[⟩`,
	},
}

var longName = strings.Repeat("n", 7000)

// asks is a request with one more member.
func asks(member, value string) string { return `{"group_action_id":1,"` + member + `":` + value + "}" }

func expecting(agents int) string {
	list := make([]string, agents)
	for n := range list {
		list[n] = fmt.Sprintf("%032x", n)
	}
	return asks("expected_agents", string(raw(list)))
}

const invalid = "XDR.InvalidRequest"

var hostileRequests = []kind{
	{want: "pending", script: full, event: expecting(5_000)},
	{want: invalid, script: full, event: expecting(100_000)},
	{want: invalid, script: full, event: asks("x", strings.Repeat("[", 1<<20)+strings.Repeat("]", 1<<20))},
	{want: "done", script: full, event: asks("previous", `"`+strings.Repeat("x", 6_000_000)+`"`)},
	{want: "failed", script: manyFailed + "⟨end⟩", event: asks("context", `"`+strings.Repeat("x", 4_094)+`"`)},
}
