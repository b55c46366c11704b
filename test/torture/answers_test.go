package torture

import (
	"bytes"
	"compress/gzip"
	"strings"
)

const (
	goodBody = `{"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}` // 49 bytes

	ok         = "HTTP/1.1 200 OK\r\n"
	full       = ok + "Content-Length: 49\r\n\r\nGOOD"
	continued  = "HTTP/1.1 100 Continue\r\n\r\n"
	processing = "HTTP/1.1 102 Processing\r\n\r\n"
	switching  = "HTTP/1.1 101 Switching Protocols\r\n"
	upgrade    = switching + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	chunked    = ok + "Transfer-Encoding: chunked\r\n\r\n"
	goodChunk  = "31\r\nGOOD\r\n"
	okPage     = "HTTP/1.1 200 OK" + page
	settings   = "\x00\x00\x00\x04\x00\x00\x00\x00\x00" // of HTTP/2

	slowly = "slowly"
	drip   = "⟨" + slowly + "× ⟩"
	flood  = "⟨∞×x⟩"
	zeros  = "⟨∞×\x00⟩"
	page   = "\r\nContent-Length: LENGTH\r\n\r\n"
)

// oddHeads are answers by what comes of them, without the good body that ends them.
var oddHeads = answers{
	"done": {
		"HTTP/1.1 200", "HTTP/1.0 200 OK", "HTTP/1.1 200 ⟨100000×x⟩", continued + ok, processing + "⟨pause⟩" + ok,
		"⟨20×HTTP/1.1 103 SENT\r\nLink: SENT\r\n\r\n⟩" + ok, ok + "⟨9300×X-%d: y\r\n⟩", ok + "X-Big: ⟨1030000×x⟩",
		ok + "Connection: Upgrade\r\nUpgrade: websocket", ok + "Content-Encoding: SENT", ok + "Content-Type: SENT/x",
	},
	"XDR.Unavailable": {
		"HTTP/0.9 200 OK", "HTTP/2.0 200 OK", "HTTP/1.1 000 OK", "HTTP/1.1 099 OK", "HTTP/1.1 600 OK",
		ok + "⟨900000×X-%d: y\r\n⟩", ok + "X-Big: ⟨1060000×x⟩", ok + "Content-Encoding: gzip", ok + "Content-Length: 1000",
		"HTTP/1.1 500 SENT", "HTTP/1.1 SENT OK", "SENT", ok + "SENT", ok + "(SENT): x", ok + "X: SENT\x00",
		ok + "Content-Length: SENT", ok + "Content-Length: SENT\r\nContent-Length: xSENT", ok + "Transfer-Encoding: SENT",
		"HTTP/1.1 502 No\r\nContent-Type: SENT/SENT", "HTTP/1.1 503 Full\r\nRetry-After: SENT",
		"HTTP/1.1 500 No\r\nX-Request-Id: ⟨100×x⟩SENT",
	},
	"XDR.Unauthorized": {
		"HTTP/1.1 401 No\r\nDate: Fri, 31 Dec 9999 23:59:59 GMT", "HTTP/1.1 401 No\r\nDate: SENT", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"SENT\"",
	},
	"XDR.Throttled": {
		"HTTP/1.1 429 No\r\nRetry-After: soon", "HTTP/1.1 429 No\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT",
	},
	"XDR.Rejected": {
		"HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade\r\nUpgrade: websocket",
		"HTTP/1.1 204 No Content", "HTTP/1.1 206 Partial Content", "HTTP/1.1 304 Not Modified",
		"HTTP/1.1 302 Found\r\nLocation: https://SENT.example/SENT?SENT", "HTTP/1.1 302 Found\r\nLocation: :%SENT",
	},
}

// oddAnswers are whole answers, by what comes of them; with | between two if it depends on who is faster.
var oddAnswers = answers{
	"done": {
		continued + ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + goodChunk + "0\r\n\r\n",
		chunked + "31;SENT\r\nGOOD\r\n0\r\n\r\n", chunked + goodChunk + "0\r\nX-Request-Id: SENT\r\nAuthorization: SENT\r\n\r\n",
		full + "\n\n\n" + gone, full + full + gone, full + "REQUEST" + gone, full + "⟨pause⟩REQUEST" + gone,
		full + "⟨pause⟩HTTP/1.1 502 Bad Gateway" + page + "REQUEST" + gone, full + "⟨pause⟩" + zeros + gone,
		ok + "\r\nGOOD⟨half closed⟩", ok + "Content-Length: 49\r\n\r\n{⟨pause⟩" + goodBody[1:],
	},
	"pending": {
		okPage + `{"reply":{"err_code":0,"err_msg":"SENT","data":{"a":"COMPLETED_SUCCESSFULLY"}}}`,
		okPage + `{"reply":{"data":{"SENT":"PENDING","a":"SENT","b":["SENT"]}}}`,
	},
	"failed":               {okPage + `{"reply":{"data":{"a":"FAILED","SENT":"FAILED"},"errorReasons":{"a":{"errorDescription":"SENT"}}}}`},
	"done|XDR.Unavailable": {full + "⟨reset⟩", atOnce + full, atOnce + full + "⟨end⟩", atOnce + full + "⟨reset⟩"},
	"XDR.Unavailable": {
		"", "GOOD⟨end⟩", "⟨end⟩", "⟨reset⟩", "⟨half closed⟩", ok + "\r\n{\"reply\":{⟨half closed⟩", settings,
		"HTTP/1.1 200 " + flood, ok + "A: " + flood, ok + "⟨∞×A: b\r\n⟩", upgrade + flood, zeros,
		ok + "A: " + drip, upgrade + drip, switching + "\r\n" + drip, ok + "\r\n{" + drip, "HTTP/1.1 502 No\r\n\r\n" + drip,
		upgrade, continued + upgrade, upgrade + "REQUEST", upgrade + "⟨end⟩", switching + "\r\n",
		"HTTP/1.1 101 SENT\r\nConnection: Upgrade\r\nUpgrade: SENT\r\n\r\n", "HTTP/1.1 101 No" + page + "GOOD",
		"HTTP/1.1 100 Continue" + page + "GOOD", "⟨∞×" + continued + "⟩", "⟨slowly×" + processing + "⟩",
		ok, ok + "Content-Length: 30\r\n\r\nGOOD", ok + "\r\nGOOD", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n⟨end⟩",
		ok + "Content-Length: 1000\r\n\r\nGOOD⟨reset⟩", ok + "\r\nGOOD⟨pause⟩⟨reset⟩", // what is unread is lost
		ok + "Content-Encoding: gzip\r\n\r\n" + gzipped(goodBody)[:40] + "⟨end⟩",
		ok + "Content-Encoding: gzip\r\n\r\n" + gzipped(goodBody) + "more⟨end⟩",
		chunked + "SENT\r\nGOOD\r\n0\r\n\r\n", chunked + goodChunk, chunked + goodChunk + "0\r\nSENT\r\n\r\n",
		chunked + goodChunk + "0\r\n⟨∞×X-A: b\r\n⟩", // a trailer
		chunked + "⟨∞×1;" + strings.Repeat("x", 3000) + "\r\n \r\n⟩", chunked + "1\r\n{\r\n⟨slowly×1\r\n \r\n⟩",
		atOnce + "HTTP/1.1 503 Service Unavailable" + page + "full", atOnce + "⟨end⟩", atOnce + "⟨reset⟩",
		atOnce + "\x16\x03\x03\x00\x31\x02\x00\x00\x2d\x03\x03", atOnce + "SSH-2.0-OpenSSH_9.9\r\n", // as TLS and SSH
		"HTTP/1.1 500 No" + page + `{"reply":{"err_code":"SENT","err_msg":"SENT","err_extra":{"SENT":["SENT"]}}}`,
		"\x15\x03\x01\x00\x02\x02\x46", "REQUEST", "-ERR unknown command 'Authorization:', with: 'SENT'\r\n", // as Redis says
	},
	"XDR.Unavailable|XDR.Rejected": {ok + "Content-Length: 0\r\n\r\n", chunked + "1\r\n{\r\n⟨∞×1\r\n \r\n⟩"},
	"XDR.Rejected": {
		ok + "\r\n\ufeffGOOD⟨end⟩", ok + "\r\n" + strings.Join(strings.Split(goodBody, ""), "\x00") + "⟨end⟩", // as UTF-16
		ok + "\r\n--x\r\nContent-Type: application/json\r\n\r\nGOOD\r\n--x--⟨end⟩",
		ok + "\r\n" + gzipped(goodBody) + "⟨end⟩",
		ok + "Content-Type: SENT/x\r\nContent-Length: 6\r\n\r\n<html>",
		okPage + `{"reply":{"err_code":"SENT","data":{"a":"FAILED"}}}`, okPage + `{"reply":{"SENT":"SENT"}}`,
		okPage + "REQUEST", "HTTP/1.1 404 Not Found" + page + "REQUEST", "HTTP/1.1 407 No" + page + "REQUEST",
	},
	"XDR.Unauthorized": {"HTTP/1.1 401 No" + page + "REQUEST"},
	"XDR.Throttled":    {"HTTP/1.1 429 No" + page + "REQUEST"},
}

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // a Buffer takes all
	_ = z.Close()
	return b.String()
}

// oddProxies are answers to CONNECT.
var oddProxies = answers{"XDR.Unavailable": {
	"HTTP/1.1 403 SENT user:" + password + "\r\n\r\n⟨end⟩", "HTTP/1.1 502 Bad Gateway\r\n\r\n⟨end⟩", "⟨end⟩",
	"\x00\x01\x02⟨end⟩", ok + "\r\nGOOD⟨end⟩", ok + "SENT\r\n\r\n⟨end⟩", ok + "Content-Length: SENT\r\n\r\n⟨end⟩", "HTTP/1.1 SENT OK\r\n\r\n⟨end⟩",
	"HTTP/1.1 user:" + password + " OK\r\n\r\n⟨end⟩",
}}

// secret is a good answer of Secrets Manager with this value in it.
func secret(value string) string {
	return okPage + `{"VersionId":"1","SecretString":` + string(raw(value)) + "}"
}

// What AWS says, and what something in its place could say.
const (
	denied   = `{"__type":"AccessDeniedException","Message":"SENT and TOKEN are not allowed"}`
	mismatch = `{"__type":"InvalidSignatureException","message":"The request signature we calculated does not match the ` +
		`signature you provided. The Canonical String for this request should have been\n'POST\n/\n\n` +
		`host:secretsmanager.us-east-1.amazonaws.com\nx-amz-security-token:TOKEN\n\nhost;x-amz-security-token'"}`
)

var oddSecrets = answers{
	"failed": {secret("VALUE"), secret("VALUE") + "⟨⟩REQUEST" + gone, secret("VALUE") + "⟨pause⟩REQUEST" + gone},
	"XDR.CredentialsUnavailable": {
		"", "⟨reset⟩", "HTTP/0.9 200 OK\r\n\r\nGOOD⟨end⟩", okPage + "REQUEST", "HTTP/1.1 502 No" + page + "REQUEST",
		upgrade, switching + "\r\n", ok + "SENTTOKEN\r\n\r\n", "TOKENSENT\r\n\r\n",
		upgrade + drip, ok + "A: " + drip, ok + "\r\n{" + drip, "⟨∞×" + continued + "⟩",
		ok + "⟨900000×X-%d: y\r\n⟩\r\n\r\n{}⟨end⟩", ok + "⟨∞×A: b\r\n⟩",
		"HTTP/1.1 500 Oops" + page + `{"__type":"InternalServiceError","Message":"SENT and TOKEN made it fail"}`,
		"HTTP/1.1 400 Bad Request" + page + mismatch,
	},
	"XDR.CredentialsUnavailable|XDR.CredentialsInvalid": {
		ok + "\r\n{⟨200000000× ⟩}⟨end⟩", ok + "\r\n" + `{"SecretString":"⟨200000000×x⟩"}⟨end⟩`,
		"HTTP/1.1 302 Found\r\nLocation: HERE/there" + page, // the secret is there
	},
	"XDR.CredentialsInvalid": {
		"HTTP/1.1 400 Bad Request" + page + denied, "HTTP/1.1 400 No\r\nX-Amzn-RequestId: SENTTOKEN" + page + denied,
		"HTTP/1.1 400 No" + page + `{"__type":"SENTTOKEN","Message":"no"}`, secret("SENTTOKEN"), secret("VALUE" + canary),
		secret(secretOf("https://"+canary[:60]+".example", "7", canary, "standard")),
		secret(secretOf("https://api-a.xdr.us.paloaltonetworks.com", "7", "7", canary)),
		secret(secretOf("https://api-a.xdr.us.paloaltonetworks.com", canary+" "+canary, "7", "standard")),
	},
}

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
		body + `{"reply":{"data":{` + strings.Repeat(`"⟨1000000×A⟩":"FAILED",`, 60) + `"z":"FAILED"}}}`,
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
