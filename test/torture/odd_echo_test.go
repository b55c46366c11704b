package torture

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Answers that repeat what they were sent. The key, or the signature, must come out nowhere.

// page is an answer whose body is the request.
func page(status, header string) func(*oddCall) {
	return func(c *oddCall) { c.say(reply(status, header, c.request)) }
}

// head is an answer whose head, all before the empty line, is made of the Authorization value.
func head(format string) func(*oddCall) {
	return func(c *oddCall) {
		c.say(strings.ReplaceAll(format, "SENT", c.sent), "\r\n\r\n", goodBody)
		_ = c.Close()
	}
}

// body is an answer whose body has text made of the Authorization value in the place of SENT.
func body(status, format string, spell func(string) string) func(*oddCall) {
	return func(c *oddCall) {
		c.say(reply(status, "", strings.ReplaceAll(format, "SENT", spell(c.sent))))
	}
}

func plainly(s string) string { return s }

// escaped spells each character as JSON may, within so many strings in strings.
func escaped(depth int) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&b, `%su%04x`, strings.Repeat(`\`, 1<<(depth-1)), c)
		}
		return b.String()
	}
}

// parted puts something after every ten characters: what is shown must not close the gaps again.
func parted(gap string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := 0; i < len(s); i += 10 {
			b.WriteString(s[i:min(len(s), i+10)] + gap)
		}
		return b.String()
	}
}

// behind puts so many characters in front, so that a limit cuts through the middle.
func behind(n int) func(string) string {
	return func(s string) string { return strings.Repeat("x", n) + s }
}

// quoted is a JSON string without its quotes, so many times.
func quoted(depth int) func(string) string {
	return func(s string) string {
		for range depth {
			raw, _ := json.Marshal(s)
			s = strings.Trim(string(raw), `"`)
		}
		return s
	}
}
