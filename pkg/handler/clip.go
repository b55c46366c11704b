package handler

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clip makes a text from outside fit for a verdict, a message or a log: one line of printable characters whose
// JSON form takes at most limit bytes, marked with … where it was cut. It never holds more than limit characters.
func clip(s string, limit int) string {
	if len(s) <= limit && !strings.ContainsFunc(s, isSpecial) {
		return s
	}
	const mark = "…"
	var b strings.Builder
	size, fits := 0, 0 // JSON bytes so far; length of the text that leaves room for the mark
	for _, r := range s {
		if !unicode.IsPrint(r) {
			r = ' '
		}
		width := utf8.RuneLen(r)
		if r == '"' || r == '\\' {
			width = 2
		}
		if size += width; size > limit {
			return b.String()[:fits] + mark
		}
		b.WriteRune(r)
		if size <= limit-len(mark) {
			fits = b.Len()
		}
	}
	return b.String()
}

// isSpecial tells whether a character does not stand for itself, in one byte, in JSON.
func isSpecial(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }

// jsonSize is the number of bytes that a clipped text takes in JSON, with its quotes and a comma.
func jsonSize(s string) int {
	return len(s) + strings.Count(s, `"`) + strings.Count(s, `\`) + len(`"",`)
}
