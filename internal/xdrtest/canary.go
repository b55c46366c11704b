package xdrtest

import (
	"regexp"
	"strconv"
	"strings"
)

// Canary is an API key as long as real ones. Tests give it to a program and then look for it with [Leak].
const Canary = "ECcNQf2suOoOOsgAwpIYiIP9K2zzSxxnF1eKUpTXYgwMzqHxqcAsblDvliin8NvY" +
	"40XDNXvzMWKYCBf1BTHaFiMPMcImI4JfAPXrSLU0FhEQBKuzK8UXgrsqlvYQqGL9"

var escape = regexp.MustCompile(`\\+(?:u[0-9a-fA-F]{4}|.)`)

// Leak returns the first piece of a secret that a text shows, plainly or with JSON escapes of any depth, in any case;
// "" if it shows none.
func Leak(text string, secrets ...string) string {
	const leak = 16 // consecutive characters of a secret, or the whole of a shorter one
	unescaped := text
	for range 8 { // a backslash may be spelled with an escape itself
		unescaped = unescape(unescaped)
	}
	for _, shown := range []string{strings.ToLower(text), strings.ToLower(unescaped)} {
		for _, secret := range secrets {
			size := min(leak, len(secret))
			for at := 0; size > 0 && at+size <= len(secret); at++ {
				if piece := secret[at : at+size]; strings.Contains(shown, strings.ToLower(piece)) {
					return piece
				}
			}
		}
	}
	return ""
}

func unescape(text string) string {
	return escape.ReplaceAllStringFunc(text, func(e string) string {
		e = strings.TrimLeft(e, `\`)
		if n, err := strconv.ParseUint(strings.TrimPrefix(e, "u"), 16, 16); err == nil && len(e) == 5 {
			return string(rune(n))
		}
		return e
	})
}
