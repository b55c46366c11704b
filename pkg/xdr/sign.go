package xdr

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	nonceLength   = 64
	nonceAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	// nonceFair is the largest multiple of the alphabet's size that a byte can hold. Bytes from there on
	// are thrown away: taken modulo 62 they would favour the first letters.
	nonceFair = 256 / len(nonceAlphabet) * len(nonceAlphabet)
)

// newNonce draws 64 letters and digits, each equally likely, from a source of random bytes.
func newNonce(random io.Reader) (string, error) {
	nonce := make([]byte, 0, nonceLength)
	var buf [nonceLength]byte
	for len(nonce) < nonceLength {
		if _, err := io.ReadFull(random, buf[:]); err != nil {
			return "", fmt.Errorf("nonce: %w", err)
		}
		for _, b := range buf {
			if int(b) < nonceFair && len(nonce) < nonceLength {
				nonce = append(nonce, nonceAlphabet[int(b)%len(nonceAlphabet)])
			}
		}
	}
	return string(nonce), nil
}

// sign adds the authentication headers of one attempt. For an advanced key Authorization is the
// lowercase hex SHA-256 of key, nonce and timestamp (epoch milliseconds) written one after the other.
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
