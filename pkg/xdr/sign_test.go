package xdr

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The vectors come from testdata/sign_vectors.py, so that a mistake here is not made twice.
func TestSignVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/sign_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Key           string `json:"key"`
		Nonce         string `json:"nonce"`
		TimestampMS   int64  `json:"timestamp_ms"`
		Authorization string `json:"authorization"`
	}
	if err := json.Unmarshal(raw, &vectors); err != nil || len(vectors) < 5 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		h := http.Header{}
		credentials(t, v.Key, Advanced).sign(h, v.Nonce, time.UnixMilli(v.TimestampMS))
		if got := h.Get("Authorization"); got != v.Authorization {
			t.Errorf("key %q: Authorization %s, want %s", v.Key, got, v.Authorization)
		}
		if h.Get("x-xdr-nonce") != v.Nonce || h.Get("x-xdr-auth-id") != "7" {
			t.Errorf("headers %v", h)
		}
	}
}

func TestSignStandardKeySendsTheKeyAlone(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	credentials(t, "plain-key", Standard).sign(h, strings.Repeat("n", 64), time.UnixMilli(1))
	if len(h) != 2 || h.Get("Authorization") != "plain-key" || h.Get("X-Xdr-Auth-Id") != "7" {
		t.Errorf("headers %v", h)
	}
}

// Of the 256 values of a byte, each character stands for exactly four; the eight left over are drawn again, here as a B.
func TestNonceHasNoBias(t *testing.T) {
	t.Parallel()
	count := map[rune]int{'B': -8}
	for b := range 256 {
		source := append(bytes.Repeat([]byte{byte(b)}, 64), bytes.Repeat([]byte{1}, 64)...)
		nonce, err := newNonce(bytes.NewReader(source))
		if err != nil || len(nonce) != 64 {
			t.Fatalf("%q, %v", nonce, err)
		}
		count[rune(nonce[0])]++
	}
	for _, c := range nonceAlphabet {
		if count[c] != 4 {
			t.Errorf("%q stands for %d values of a byte, want 4", c, count[c])
		}
	}
}

func TestNonceProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source := rapid.SliceOfN(rapid.Byte(), 512, 512).Draw(t, "source")
		nonce, err := newNonce(bytes.NewReader(source))
		if err != nil {
			return // too many rejected bytes in this source
		}
		if len(nonce) != 64 || strings.Trim(nonce, nonceAlphabet) != "" {
			t.Fatalf("nonce %q", nonce)
		}
	})
}

func credentials(t testing.TB, key string, level SecurityLevel) Credentials {
	t.Helper()
	c, err := NewCredentials(&url.URL{Scheme: "https", Host: "api-acme.xdr.us.paloaltonetworks.com"}, "7", key, level)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
