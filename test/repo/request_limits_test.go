package repo

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/soarstep/xdr-action-status/internal/schematest"
)

// The schema and the code agree at every limit of a request, whatever the characters. Some limits are beyond a schema:
// only the code refuses these requests, and the schema's descriptions say so.
func TestRequestLimits(t *testing.T) {
	t.Parallel()
	refused := 0
	events := limits()
	for event, beyond := range events {
		schema := schematest.Validate("request", []byte(event))
		_, code := step(goodSecret).Check(t.Context(), []byte(event))
		if (code == nil) != (schema == nil && !beyond) {
			t.Errorf("%.100s (%d bytes)\nschema: %v\ncode: %v", event, len(event), schema, code)
		}
		if code != nil {
			refused++
		}
	}
	t.Logf("%d requests, %d refused", len(events), refused)
	if refused < 100 || refused > len(events)-100 {
		t.Errorf("%d of %d refused: these are not the limits", refused, len(events))
	}
}

// limits returns requests at each limit and next to it, and whether a request is beyond the schema.
func limits() map[string]bool {
	all := map[string]bool{}
	add := func(name, value string, beyond bool) {
		all[fmt.Sprintf(`{%q:%s,"group_action_id":1}`, name, value)] = beyond
	}
	for _, digits := range []string{
		"-1", "0", "1", "01", "007", "1234567890123456789", "01234567890123456789",
		"9223372036854775806", "9223372036854775807", "9223372036854775808", "9999999999999999999", "10000000000000000000",
	} {
		tooMuch := len(digits) == 19 && digits > "9223372036854775807"
		for _, name := range []string{"group_action_id", "action_id"} {
			all[fmt.Sprintf(`{%q:%s}`, name, digits)] = false
			all[fmt.Sprintf(`{%q:%q}`, name, digits)] = tooMuch
		}
	}
	for _, n := range []int{-1, 0, 1, 2, 99, 100, 101, 604_799, 604_800, 604_801} {
		add("timeout_seconds", fmt.Sprint(n), false)
		add("policy", fmt.Sprintf(`{"min_success_percent":%d}`, n), false)
	}
	for _, name := range []string{"partial", "unknown", "settle"} {
		for _, value := range []string{"failed", "done", "pending", "all", "certain", "Done", ""} {
			add("policy", fmt.Sprintf(`{%q:%q}`, name, value), false)
		}
	}
	for _, char := range []string{"a", "_", " ", "é", "€", "😀"} { // one to four bytes, one or two units of UTF-16
		for _, length := range []int{0, 1, 2, 47, 48, 49, 79, 80, 81} {
			text := strings.Repeat(char, length)
			for _, form := range []string{text, escaped(text)} {
				add("tenant", `"`+form+`"`, false)
				add("execution", `"`+form+`"`, false)
			}
		}
		for _, size := range []int{4_095, 4_096, 4_097} { // of a context, without white space
			content := size - len(`[""]`)
			text := strings.Repeat(char, content/len(char)) + strings.Repeat("a", content%len(char))
			add("context", `[ "`+text+`" ]`, size > 4_096)
		}
	}
	for _, size := range []int{204_799, 204_800, 204_801} { // of an event, 200 KiB
		add("x", `"`+strings.Repeat("x", size-len(`{"x":"","group_action_id":1}`))+`"`, size > 204_800)
	}
	return all
}

func escaped(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, `\u%04x`, unit)
	}
	return b.String()
}
