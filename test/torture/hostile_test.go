package torture

import (
	"strings"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const canary = xdrtest.Canary

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

var hostileRequests = []kind{
	{want: "XDR.InvalidRequest", script: full, event: asks("expected_agents", `[`+strings.Repeat(`"agent",`, 100_000)+`"z"]`)},
	{want: "XDR.InvalidRequest", script: full, event: asks("x", strings.Repeat("[", 1<<20)+strings.Repeat("]", 1<<20))},
	{want: "done", script: full, event: asks("previous", `"`+strings.Repeat("x", 6_000_000)+`"`)},
	{want: "failed", script: manyFailed + "⟨end⟩", event: asks("context", `"`+strings.Repeat("x", 4_094)+`"`)},
}
