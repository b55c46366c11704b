package xdrtest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// KeyID is the id of the API key.
const KeyID = "7"

const maxSkew = 15 * time.Minute // from the Sim's time to that of a signature

var validNonce = regexp.MustCompile(`^[A-Za-z0-9]{64}$`)

// authProblem returns what is wrong with a request's credentials; "" if nothing is. Each nonce is used up, that of a
// refused request too.
func (s *Sim) authProblem(h http.Header, now time.Time) string {
	nonce := h.Get("X-Xdr-Nonce")
	replayed := !s.o.Lenient && s.nonces[nonce]
	s.nonces[nonce] = true
	for _, name := range []string{"X-Xdr-Auth-Id", "Authorization", "X-Xdr-Nonce", "X-Xdr-Timestamp"} {
		if len(h.Values(name)) > 1 {
			return name + " appears more than once"
		}
	}
	switch {
	case h.Get("X-Xdr-Auth-Id") != KeyID:
		return "x-xdr-auth-id is not the key's"
	case s.o.SecurityLevel == "standard":
		return s.standardProblem(h)
	case !validNonce.MatchString(nonce):
		return "x-xdr-nonce is not 64 letters and digits"
	case replayed:
		return "x-xdr-nonce was used before"
	}
	return s.signatureProblem(h, now)
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

func (s *Sim) signatureProblem(h http.Header, now time.Time) string {
	stamp := h.Get("X-Xdr-Timestamp")
	ms, err := strconv.ParseInt(stamp, 10, 64)
	sum := sha256.Sum256([]byte(s.key + h.Get("X-Xdr-Nonce") + stamp))
	switch {
	case err != nil:
		return "x-xdr-timestamp is not in milliseconds"
	case now.Sub(time.UnixMilli(ms)).Abs() > maxSkew:
		return "x-xdr-timestamp is too far from the server's time"
	case h.Get("Authorization") != hex.EncodeToString(sum[:]):
		return "Authorization is not the signature"
	}
	return ""
}
