package xdrtest

import (
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLeak(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		{"", false},
		{Canary, true},
		{"nothing " + Canary[:15] + " " + Canary[113:], false},
		{"the first 16: " + Canary[:16] + "…", true},
		{"the last 16: " + Canary[112:], true},
		{strings.ToUpper(Canary[40:56]), true},
		{`{"a":"\u00` + fmt.Sprintf("%x", Canary[70]) + Canary[71:86] + `"}`, true},
		{`"{\"a\":\"\\u00` + fmt.Sprintf("%x", Canary[70]) + Canary[71:86] + `\"}"`, true},
		{"short", true},
		{"shor", false},
	} {
		if got := Leak(c.text, Canary, "short"); (got != "") != c.want {
			t.Errorf("Leak(%q) = %q, want a leak: %v", c.text, got, c.want)
		}
	}
}

func TestExpiredCertificate(t *testing.T) {
	t.Parallel()
	ended := time.Now().Add(-time.Hour).Truncate(time.Second)
	leaf, err := x509.ParseCertificate(NewAuthority("Test").Issue(ended, "127.0.0.1").Certificate[0])
	if err != nil || !leaf.NotAfter.Equal(ended) {
		t.Errorf("%v, %v", leaf.NotAfter, err)
	}
}
