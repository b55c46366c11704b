package xdr

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Redactor is the one way out for text from outside: from the API, or from whatever answers in its place. It knows the
// secrets of one call and cannot be printed. The zero value knows none: its lines are only folded and cut.
type Redactor struct {
	secrets func() []string // in lower case; in a func, so that no reflection-driven printer reaches them
}

// NewRedactor makes a Redactor that knows these secrets. Those that are empty, or given before, are ignored.
func NewRedactor(secrets ...string) Redactor {
	known := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		if folded := lower(secret); folded != "" && !slices.Contains(known, folded) {
			known = append(known, folded)
		}
	}
	return Redactor{func() []string { return known }}
}

// redactor knows the API key and what the requests of a call were signed with.
func (c Credentials) redactor(sent ...*http.Request) Redactor {
	known := append(make([]string, 0, 7), c.key())
	for _, request := range sent {
		password, login := ProxyLogin(request)
		known = append(known, request.Header.Get("Authorization"), password, login)
	}
	return NewRedactor(known...)
}

// Line makes a text fit for a verdict, an error or a log. It takes out the secrets, folds what is left to one line of
// printable characters, and cuts that to at most limit characters. The order matters: in a text that was cut first,
// nobody finds the rest of a key.
func (r Redactor) Line(text string, limit int) string {
	return cut(oneLine(r.redact(text)), limit)
}

// redact also looks for secrets that are spelled with JSON escapes. It shows such a text unescaped.
func (r Redactor) redact(text string) string {
	if r.secrets == nil || text == "" {
		return text
	}
	secrets := r.secrets()
	plain := text
	for i := 0; i < maxUnescape && strings.Contains(plain, `\`); i++ {
		plain = unescape(plain)
		if hidden := hide(plain, secrets); hidden != plain {
			text = hidden // and on: another secret may be spelled with more escapes
		}
	}
	return hide(text, secrets)
}

// maxUnescape is how often a text is unescaped: a backslash may be spelled with an escape itself.
const maxUnescape = 8

func hide(text string, secrets []string) string {
	for _, secret := range secrets {
		text = hideOne(text, secret)
	}
	return text
}

// leakLength is how many consecutive characters of a secret may not be shown; of a shorter secret, the whole.
const leakLength = 16

// hideOne replaces each part of a secret, in any case.
func hideOne(text, secret string) string {
	look := lower(text)
	size := min(leakLength, len(secret))
	half := (size + 1) / 2
	var out strings.Builder
	kept := 0 // what is in front of it has been written
	for at := 0; at+size <= len(look); {
		switch end := at + size; {
		case !strings.Contains(secret, look[end-half:end]):
			at = end - half + 1 // a part that begins before this one holds the same half
		case !strings.Contains(secret, look[at:end]):
			at++
		default:
			for end < len(look) && strings.Contains(secret, look[end+1-size:end+1]) {
				end++
			}
			out.WriteString(text[kept:at])
			out.WriteString("[redacted]")
			kept = end
			at = end
		}
	}
	if kept == 0 {
		return text
	}
	out.WriteString(text[kept:])
	return out.String()
}

// lower folds the case of ASCII letters, so that each byte stays where it is.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c - 'A' + 'a'
		}
	}
	return string(b)
}

// unescape resolves the escapes of JSON strings, however deep the strings are nested in each other.
func unescape(text string) string {
	var out strings.Builder
	for {
		before, after, escaped := strings.Cut(text, `\`)
		out.WriteString(before)
		if !escaped {
			return out.String()
		}
		text = strings.TrimLeft(after, `\`)
		if len(text) < len("u0000") || text[0] != 'u' {
			continue
		}
		if r, err := strconv.ParseUint(text[1:5], 16, 16); err == nil {
			out.WriteRune(rune(r))
			text = text[5:]
		}
	}
}

// oneLine folds everything that is not a visible character into single spaces, and makes ill-formed UTF-8 visible.
func oneLine(s string) string {
	if isLine(s) {
		return s
	}
	visible := func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}
	return strings.Join(strings.Fields(strings.Map(visible, strings.ToValidUTF8(s, "\ufffd"))), " ")
}

// isLine reports whether a text is visible ASCII without spaces, as agent ids and statuses are.
func isLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// cut keeps at most n characters and marks where it cut.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
