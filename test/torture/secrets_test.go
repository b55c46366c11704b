package torture

// secret is a good answer of Secrets Manager with this value in it.
func secret(value string) string {
	return "HTTP/1.1 200 OK" + page + `{"VersionId":"1","SecretString":` + string(raw(value)) + "}"
}

// secretWith has a short key, and the canary in another member.
func secretWith(member, value string) string {
	s := map[string]string{
		"api_url": "https://api-a.xdr.us.paloaltonetworks.com", "api_key_id": "7", "api_key": "7", "security_level": "standard",
	}
	s[member] = value
	return secret(string(raw(s)))
}

// What AWS says, and what something in its place could say.
const (
	denied   = `{"__type":"AccessDeniedException","Message":"SENT and TOKEN are not allowed"}`
	mismatch = `{"__type":"InvalidSignatureException","message":"The request signature we calculated does not match the ` +
		`signature you provided. The Canonical String for this request should have been\n'POST\n/\n\n` +
		`host:secretsmanager.us-east-1.amazonaws.com\nx-amz-security-token:TOKEN\n\nhost;x-amz-security-token'"}`
)

var oddSecrets = answers{
	"done": {secret("VALUE"), secret("VALUE") + "⟨⟩REQUEST" + gone, secret("VALUE") + "⟨pause⟩REQUEST" + gone},
	"XDR.CredentialsUnavailable": {
		"", "⟨reset⟩", "HTTP/0.9 200 OK\r\n\r\nGOOD⟨end⟩", "HTTP/1.1 200 OK" + page + "REQUEST", "HTTP/1.1 502 No" + page + "REQUEST",
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
		secret(secretOf("https://"+canary[:60]+".example", canary)),
		secretWith("security_level", canary), secretWith("api_key_id", canary+" "+canary),
	},
}
