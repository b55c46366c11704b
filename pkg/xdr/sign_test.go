package xdr

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// The vectors come from testdata/sign_vectors.py, so that a mistake here is not made twice.
func TestSignVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/sign_vectors.txt")
	if err != nil || strings.Count(string(raw), "\n") != 5 {
		t.Fatalf("%s, %v", raw, err)
	}
	for line := range strings.Lines(string(raw)) {
		var key, nonce, authorization string
		var ms int64
		if _, err := fmt.Sscan(line, &key, &nonce, &ms, &authorization); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		h := http.Header{}
		credentials(t, "https://h", key, Advanced).sign(h, nonce, time.UnixMilli(ms))
		if h.Get("Authorization") != authorization || h.Get("X-Xdr-Nonce") != nonce || h.Get("X-Xdr-Auth-Id") != "7" {
			t.Errorf("%s: headers %v", line, h)
		}
		h = http.Header{}
		credentials(t, "https://h", key, Standard).sign(h, nonce, time.UnixMilli(ms))
		if len(h) != 2 || h.Get("Authorization") != key || h.Get("X-Xdr-Auth-Id") != "7" {
			t.Errorf("a standard key is sent alone: %v", h)
		}
	}
}
