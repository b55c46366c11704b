package xdr

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
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
		credentials(t, "https://h", v.Key, Advanced).sign(h, v.Nonce, time.UnixMilli(v.TimestampMS))
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
	credentials(t, "https://h", "plain-key", Standard).sign(h, strings.Repeat("n", 64), time.UnixMilli(1))
	if len(h) != 2 || h.Get("Authorization") != "plain-key" || h.Get("X-Xdr-Auth-Id") != "7" {
		t.Errorf("headers %v", h)
	}
}
