package xdrtest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

const (
	keyID   = "7"
	maxSkew = 15 * time.Minute // from the Sim's time to that of a signature
)

var validNonce = regexp.MustCompile(`^[A-Za-z0-9]{64}$`)

// authProblem returns what is wrong with a request's credentials; "" if nothing is. Each nonce is used up, that of a
// refused request too.
func (s *Sim) authProblem(h http.Header, now time.Time) string {
	nonce := h.Get("X-Xdr-Nonce")
	replayed := s.nonces[nonce]
	if nonce != "" {
		s.nonces[nonce] = true
	}
	for _, name := range []string{"X-Xdr-Auth-Id", "Authorization", "X-Xdr-Nonce", "X-Xdr-Timestamp"} {
		if len(h.Values(name)) > 1 {
			return name + " appears more than once"
		}
	}
	if h.Get("X-Xdr-Auth-Id") != keyID {
		return "x-xdr-auth-id is not the key's"
	}
	if s.o.SecurityLevel == "standard" {
		return s.standardProblem(h)
	}
	if replayed {
		return "x-xdr-nonce was used before"
	}
	return s.advancedProblem(h, now)
}

func (s *Sim) standardProblem(h http.Header) string {
	switch {
	case h.Values("X-Xdr-Nonce") != nil || h.Values("X-Xdr-Timestamp") != nil:
		return "a standard key takes no signature"
	case h.Get("Authorization") != s.key:
		return "Authorization is not the key"
	}
	return ""
}

func (s *Sim) advancedProblem(h http.Header, now time.Time) string {
	nonce, stamp := h.Get("X-Xdr-Nonce"), h.Get("X-Xdr-Timestamp")
	if !validNonce.MatchString(nonce) {
		return "x-xdr-nonce is not 64 letters and digits"
	}
	ms, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return "x-xdr-timestamp is not in milliseconds"
	}
	if now.Sub(time.UnixMilli(ms)).Abs() > maxSkew {
		return "x-xdr-timestamp is too far from the server's time"
	}
	sum := sha256.Sum256([]byte(s.key + nonce + stamp))
	if h.Get("Authorization") != hex.EncodeToString(sum[:]) {
		return "Authorization is not the signature"
	}
	return ""
}
