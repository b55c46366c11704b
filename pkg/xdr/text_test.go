package xdr

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// signature stands for what an advanced key signs a request with.
const signature = "0f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff0"

// knowing is the redactor of a call with an advanced key.
func knowing(t testing.TB) Redactor {
	return credentials(t, "https://h", canary, Advanced).redactor(&http.Request{URL: new(url.URL), Header: http.Header{"Authorization": {signature}}})
}

func TestLine(t *testing.T) {
	t.Parallel()
	out := knowing(t)
	for _, c := range []struct {
		name, text string
		limit      int
		want       string
	}{
		{"an agent's id", "1d665b9b1467944c128a5575119d1cfd", 64, "1d665b9b1467944c128a5575119d1cfd"},
		{"the key", "a " + canary + " b", 64, "a [redacted] b"},
		{"the key twice", canary + canary + "x", 64, "[redacted][redacted]x"},
		{"the signature", "Authorization: " + signature, 64, "Authorization: [redacted]"},
		{"17 from the middle", "xx" + canary[50:67] + "xx", 64, "xx[redacted]xx"},
		{"15 are none", canary[50:65], 64, canary[50:65]},
		{"in another case", strings.ToUpper(canary[50:67]) + "!", 64, "[redacted]!"},
		{"two parts", canary[:20] + " " + canary[60:90], 64, "[redacted] [redacted]"},
		{"what the cut would halve", strings.Repeat("x", 20) + canary, 40, strings.Repeat("x", 20) + "[redacted]"},
		{"what two lines part", canary[:30] + "\r\n" + canary[30:], 64, "[redacted] [redacted]"},
		{"escaped", `{"a":"` + escaped(canary) + `"}`, 64, `{"a":"[redacted]"}`},
		{"a backslash escaped twice", strings.ReplaceAll(strings.ReplaceAll(escaped(canary), `\`, `\u005c`), `\`, `\u005c`), 64, "[redacted]"},
		{"two, escaped unlike", canary + " " + strings.ReplaceAll(escaped(canary), `\`, `\u005c`), 64, "[redacted] [redacted]"},
		{"an escape at the end", canary[:15] + fmt.Sprintf(`\u%04x`, canary[15]), 64, "[redacted]"},
		{"a path of Windows", `C:\users\u00e9`, 64, `C:\users\u00e9`},
		{"controls and spaces", "\x1b[31m a\u200b\n\t b\x00", 64, "[31m a b"},
		{"ill-formed UTF-8", "caf\xe9", 64, "caf\ufffd"},
		{"ill-formed UTF-8 in front of a key", "A\xe9\xff" + canary + "B", 64, "A\ufffd[redacted]B"},
		{"cut", "123456789", 5, "1234…"},
		{"cut between characters", "éééééé", 5, "éééé…"},
		{"a backslash at the end", `a\`, 5, `a\`},
		{"nothing", "", 5, ""},
	} {
		if got := out.Line(c.text, c.limit); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := (Redactor{}).Line("a\n"+canary, 300); got != "a "+canary {
		t.Errorf("without secrets: %q", got)
	}
}

// A key shorter than a part is looked for as a whole.
func TestLineHidesOddKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"k", "ab", "abc", "123456789012345"} {
		out := credentials(t, "https://h", key, Standard).redactor()
		if got := out.Line("<"+key+">", 64) + out.Line(key, 64); got != "<[redacted]>[redacted]" {
			t.Errorf("%s: %q", key, got)
		}
	}
}

// However a text wraps a part of a secret, and wherever it is cut, no part is shown, and the rest is one short line.
// What holds no secret is shown as it is.
func TestLineShowsNoSecret(t *testing.T) {
	t.Parallel()
	out := knowing(t)
	filling := rapid.OneOf(rapid.String(), rapid.StringMatching(`[\\"u0-9a-f \n]{0,40}`), rapid.StringN(0, 700, -1))
	part := rapid.Custom(func(t *rapid.T) string {
		secret := rapid.SampledFrom([]string{canary, signature}).Draw(t, "secret")
		from := rapid.IntRange(0, len(secret)-leakLength).Draw(t, "from")
		text := secret[from:rapid.IntRange(from+1, len(secret)).Draw(t, "to")]
		if rapid.Bool().Draw(t, "loud") {
			text = strings.ToUpper(text)
		}
		if rapid.Bool().Draw(t, "escaped") {
			at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
			text = text[:at] + fmt.Sprintf(`\u%04X`, text[at]) + text[at+1:]
		}
		return text
	})
	nest := func(t *rapid.T, text string) string {
		for range rapid.IntRange(0, 3).Draw(t, "nested") {
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			text = string(quoted)
		}
		return text
	}
	rapid.Check(t, func(t *rapid.T) {
		var text string
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			text += filling.Draw(t, "filling") + nest(t, part.Draw(t, "part"))
		}
		text = nest(t, text)
		limit := rapid.IntRange(1, 600).Draw(t, "limit")
		line := out.Line(text, limit)
		if leak := xdrtest.Leak(line, canary, signature); leak != "" {
			t.Fatalf("%q shows %q", line, leak)
		}
		if xdrtest.Leak(text, canary, signature) == "" && line != cut(oneLine(text), limit) {
			t.Fatalf("%q is not what %q says", line, text)
		}
		if n := utf8.RuneCountInString(line); n > limit || !utf8.ValidString(line) {
			t.Fatalf("%d characters, limit %d: %q", n, limit, line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("not printable: %q", line)
		}
	})
}
