package torture

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// awsError is an error of Secrets Manager, in the AWS JSON protocol.
func awsError(status, header, format string) func(*oddCall) {
	return func(c *oddCall) {
		c.say(reply(status, header, strings.NewReplacer("SENT", c.sent, "TOKEN", awsToken).Replace(format)))
	}
}

// secretReply is a good answer of Secrets Manager with another value in it.
func secretReply(value string) string {
	raw, _ := json.Marshal(map[string]string{"ARN": "arn:aws:secretsmanager:us-east-1:1:secret:x", "Name": "x", "VersionId": "1", "SecretString": value})
	return reply("200 OK", "", string(raw))
}

// valued answers with what is made of the good value.
func valued(change func(value string) string) func(*oddCall) {
	return func(c *oddCall) { c.say(secretReply(change(c.server.value))) }
}

const (
	denied   = `{"__type":"AccessDeniedException","Message":"SENT and TOKEN are not allowed"}`
	mismatch = `{"__type":"InvalidSignatureException","message":"The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been\n'POST\n/\n\nhost:secretsmanager.us-east-1.amazonaws.com\nx-amz-security-token:TOKEN\n\nhost;x-amz-security-token'"}`
	failed   = `{"__type":"InternalServiceError","Message":"SENT and TOKEN made it fail"}`
)

var oddSecrets = []oddAnswer{
	{name: "an ordinary answer", want: "done", play: valued(func(v string) string { return v })},
	{name: "an answer, and the request at once", want: "done", lingers: true, play: func(c *oddCall) { c.say(secretReply(c.server.value), c.request) }},
	{name: "an answer, and the request later", want: "done", lingers: true, play: func(c *oddCall) {
		c.say(secretReply(c.server.value))
		time.Sleep(later)
		c.say(c.request)
	}},
	{name: "silence", want: "XDR.CredentialsUnavailable", play: say()},
	{name: "closed", want: "XDR.CredentialsUnavailable", play: sayAndClose()},
	{name: "RST", want: "XDR.CredentialsUnavailable", play: sayAndReset()},
	{name: "101, then silence", want: "XDR.CredentialsUnavailable", play: say(interim("101 Switching Protocols", toWebsocket))},
	{name: "101, then a drip", want: "XDR.CredentialsUnavailable", play: sayForever(interim("101 Switching Protocols", toWebsocket), " ", tick)},
	{name: "101 without Upgrade", want: "XDR.CredentialsUnavailable", play: say(interim("101 Switching Protocols", ""))},
	{name: "100 without end", want: "XDR.CredentialsUnavailable", play: sayForever("", interim("100 Continue", ""), 0)},
	{name: "HTTP/0.9 in a status line", want: "XDR.CredentialsUnavailable", play: goodFrom("HTTP/0.9 200 OK")},
	{name: "status 099", want: "XDR.CredentialsUnavailable", play: goodFrom("HTTP/1.1 099 OK")},
	{name: "a header that drips", want: "XDR.CredentialsUnavailable", play: sayForever(okLine+"A: ", "x", tick)},
	{name: "a body that drips", want: "XDR.CredentialsUnavailable", play: sayForever(okLine+"\r\n{", " ", tick)},
	{name: "9.9 MB of small headers", want: "XDR.CredentialsUnavailable", play: smallOnes(9_900_000)},
	{name: "headers without end", want: "XDR.CredentialsUnavailable", play: sayForever(okLine, "A: b\r\n", 0)},
	{name: "200 MiB of white space", want: "XDR.CredentialsUnavailable|XDR.CredentialsInvalid", play: huge("{", " ", "}")},
	{name: "200 MiB of a secret", want: "XDR.CredentialsUnavailable|XDR.CredentialsInvalid", play: huge(`{"SecretString":"`, "x", `"}`)},
	{name: "302 to an address that has it", want: "XDR.CredentialsUnavailable|XDR.CredentialsInvalid", play: func(c *oddCall) {
		if strings.Contains(c.request, " /there ") {
			c.say(secretReply(c.server.value))
			return
		}
		c.say(reply("302 Found", "Location: "+c.server.url()+"/there\r\n", ""))
	}},
	{name: "a denial that repeats the request", want: "XDR.CredentialsInvalid", play: awsError("400 Bad Request", "", denied)},
	{name: "a failure that repeats the request", want: "XDR.CredentialsUnavailable", play: awsError("500 Oops", "", failed)},
	{name: "a refusal that shows what should have been signed", want: "XDR.CredentialsUnavailable", play: awsError("400 Bad Request", "", mismatch)}, // as AWS does
	{name: "a page with the request", want: "XDR.CredentialsUnavailable", play: page("502 Bad Gateway", "")},
	{name: "200 with the request", want: "XDR.CredentialsUnavailable", play: page("200 OK", "")},
	{name: "the signature as request id", want: "XDR.CredentialsInvalid", play: func(c *oddCall) {
		c.say(reply("400 Bad Request", "X-Amzn-RequestId: "+c.sent+awsToken+"\r\n", denied))
	}},
	{name: "the signature as the error's type", want: "XDR.CredentialsInvalid", play: awsError("400 Bad Request", "", `{"__type":"SENTTOKEN","Message":"no"}`)},
	{name: "the signature as header line", want: "XDR.CredentialsUnavailable", play: func(c *oddCall) { c.say(okLine, c.sent, awsToken, "\r\n\r\n") }},
	{name: "the signature as status line", want: "XDR.CredentialsUnavailable", play: func(c *oddCall) { c.say(awsToken, c.sent, "\r\n\r\n") }},
	{name: "the signature as the secret", want: "XDR.CredentialsInvalid", play: func(c *oddCall) { c.say(secretReply(c.sent + awsToken)) }},
	{name: "half of the secret", want: "XDR.CredentialsInvalid", play: valued(func(v string) string { return v[:strings.Index(v, xdrtest.Canary)+80] })},
	{name: "the key alone", want: "XDR.CredentialsInvalid", play: valued(func(string) string { return xdrtest.Canary })},
	{name: "the key as address", want: "XDR.CredentialsInvalid", play: valued(func(string) string { return inSecret("https://"+xdrtest.Canary, "7", xdrtest.Canary, "standard") })},
	{name: "the key as a host", want: "XDR.CredentialsInvalid", play: valued(func(string) string {
		return inSecret("https://"+xdrtest.Canary[:60]+".example", "7", xdrtest.Canary, "standard")
	})},
	{name: "the key as level", want: "XDR.CredentialsInvalid", play: valued(func(string) string {
		return inSecret("https://api-a.xdr.us.paloaltonetworks.com", "7", "7", xdrtest.Canary)
	})},
	{name: "the key as id, with a space", want: "XDR.CredentialsInvalid", play: valued(func(string) string {
		return inSecret("https://api-a.xdr.us.paloaltonetworks.com", xdrtest.Canary+" "+xdrtest.Canary, "7", "standard")
	})},
	{name: "the key as a member", want: "XDR.CredentialsInvalid", play: valued(func(string) string { return fmt.Sprintf(`{%q:1,%[1]q:2}`, xdrtest.Canary) })},
	{name: "the key after the secret", want: "XDR.CredentialsInvalid", play: valued(func(v string) string { return v + xdrtest.Canary })},
}

// huge is an answer with 200 MiB of one character in its middle.
func huge(before, one, after string) func(*oddCall) {
	return func(c *oddCall) {
		c.say(okLine, "\r\n", before)
		part := strings.Repeat(one, 64<<10)
		for left := 200 << 20; left > 0 && c.say(part); left -= len(part) {
		}
		c.say(after)
		_ = c.Close()
	}
}

func inSecret(url, id, key, level string) string {
	raw, _ := json.Marshal(map[string]string{"api_url": url, "api_key_id": id, "api_key": key, "security_level": level})
	return string(raw)
}

// TestOddSecretsManager is the same with Secrets Manager as the odd one. A check may wait for two fetches of five seconds,
// the one that was under way and its own.
func TestOddSecretsManager(t *testing.T) {
	t.Parallel()
	const limit = 11 * time.Second
	sum := &oddSummary{}
	t.Run("cells", func(t *testing.T) {
		for n, kind := range oddSecrets {
			for m, command := range oddCommands {
				if !long && m != n%2 {
					continue
				}
				t.Run(kind.name+"/"+command.name, func(t *testing.T) {
					t.Parallel()
					sim := xdrtest.Start(t, xdrtest.Options{Key: xdrtest.Canary, SecurityLevel: "standard", Scenarios: scenarios()})
					odd := serveOdd(t, kind, sim.SecretValue())
					cell := oddCell{odd: odd, sim: sim, api: sim.URL(), secrets: odd.url(), limit: limit}
					sum.add(kind, command, cell.meet(t, kind, command.check))
				})
			}
		}
	})
	sum.print(t, len(oddSecrets))
}
