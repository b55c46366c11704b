package torture

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// secret is a good answer of Secrets Manager with this value in it.
func secret(value string) play {
	return func(c *call) {
		raw, _ := json.Marshal(map[string]string{ // texts always have a JSON form
			"ARN": "arn:aws:secretsmanager:us-east-1:1:secret:x", "Name": "x", "VersionId": "1", "SecretString": c.fill(value),
		})
		c.write(reply("200 OK", "", string(raw)))
	}
}

// What AWS says, and what something in its place could say.
const (
	denied   = `{"__type":"AccessDeniedException","Message":"SENT and TOKEN are not allowed"}`
	failed   = `{"__type":"InternalServiceError","Message":"SENT and TOKEN made it fail"}`
	mismatch = `{"__type":"InvalidSignatureException","message":"The request signature we calculated does not match the ` +
		`signature you provided. The Canonical String for this request should have been\n'POST\n/\n\n` +
		`host:secretsmanager.us-east-1.amazonaws.com\nx-amz-security-token:TOKEN\n\nhost;x-amz-security-token'"}`
)

// elsewhere redirects to an address that has the secret.
func elsewhere(c *call) {
	if strings.Contains(c.request, " /there ") {
		secret("VALUE")(c)
		return
	}
	page("302 Found", "Location: HERE/there\r\n", "")(c)
}

// canaryIn is a secret whose key is short, with the canary in another member.
func canaryIn(member, format string) play {
	members := map[string]string{
		"api_url": "https://api-a.xdr.us.paloaltonetworks.com", "api_key_id": "7", "api_key": "7", "security_level": "standard",
	}
	members[member] = fmt.Sprintf(format, xdrtest.Canary)
	raw, _ := json.Marshal(members) // texts always have a JSON form
	return secret(string(raw))
}

var oddSecrets = slices.Concat(
	all("done", plays{"an ordinary answer": secret("VALUE")}),
	lingering(all("done", plays{
		"an answer, and the request at once": then(secret("VALUE"), say("REQUEST")),
		"an answer, and the request later":   then(secret("VALUE"), pause(later), say("REQUEST")),
	})),
	each("XDR.CredentialsUnavailable", "status line", statusLine, "HTTP/0.9 200 OK"),
	each("XDR.CredentialsUnavailable", "page with the request", repeats, "200 OK", "502 Bad Gateway"),
	each("XDR.CredentialsUnavailable", "silence", say,
		"", upgrade, switching+"\r\n", okLine+"SENTTOKEN\r\n\r\n", "TOKENSENT\r\n\r\n"),
	each("XDR.CredentialsUnavailable", "drip", drip, upgrade, okLine+"A: ", okLine+"\r\n{"),
	all("XDR.CredentialsUnavailable", plays{
		"RST":                                reset,
		"100 without end":                    endless(0)(continued),
		"9.9 MB of small headers":            smallHeaders(9_900_000),
		"headers without end":                then(say(okLine), endless(0)("A: b\r\n")),
		"a failure that repeats the request": page("500 Oops", "", failed),
		"a refusal that shows what to sign":  page("400 Bad Request", "", mismatch),
	}),
	all("XDR.CredentialsUnavailable|XDR.CredentialsInvalid", plays{
		"200 MiB of white space":        filled("200 OK", " ", 200*mega)("{…}"),
		"200 MiB of a secret":           filled("200 OK", "x", 200*mega)(`{"SecretString":"…"}`),
		"302 to an address that has it": elsewhere,
	}),
	all("XDR.CredentialsInvalid", plays{
		"a denial that repeats the request": page("400 Bad Request", "", denied),
		"the signature as request id":       page("400 Bad Request", "X-Amzn-RequestId: SENTTOKEN\r\n", denied),
		"the signature as the error's type": page("400 Bad Request", "", `{"__type":"SENTTOKEN","Message":"no"}`),
		"the signature as the secret":       secret("SENTTOKEN"),
		"the key after the secret":          secret("VALUE" + xdrtest.Canary),
		"the key as a host": secret(
			secretOf("api_url", "https://"+xdrtest.Canary[:60]+".example", xdrtest.Canary)),
		"the key as level":            canaryIn("security_level", "%s"),
		"the key as id, with a space": canaryIn("api_key_id", "%[1]s %[1]s"),
	}),
)
