package xdr

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"
)

// newNonce draws 64 hexadecimal digits.
func newNonce() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// sign adds the authentication headers of one attempt. For an advanced key Authorization is the lowercase hex SHA-256
// of key, nonce and timestamp (epoch milliseconds) written one after the other.
//
// Source: https://docs-cortex.paloaltonetworks.com/r/Cortex-XDR-REST-API/Get-Started-with-APIs
func (c Credentials) sign(h http.Header, nonce string, at time.Time) {
	if c.level == Standard {
		set(h, "X-Xdr-Auth-Id", c.keyID, "Authorization", c.key())
		return
	}
	timestamp := strconv.FormatInt(at.UnixMilli(), 10)
	var signed [512]byte // on the stack; a longer key takes more
	sum := sha256.Sum256(append(append(append(signed[:0], c.key()...), nonce...), timestamp...))
	set(h, "X-Xdr-Auth-Id", c.keyID, "X-Xdr-Timestamp", timestamp, "X-Xdr-Nonce", nonce,
		"Authorization", string(hex.AppendEncode(signed[:0], sum[:])))
}

// set sets headers, given as canonical names and values in turn, with one allocation.
func set(h http.Header, headers ...string) {
	for i := 0; i < len(headers); i += 2 {
		h[headers[i]] = headers[i+1 : i+2 : i+2]
	}
}
