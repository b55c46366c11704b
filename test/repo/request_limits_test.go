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
	events := limits(scalars(t))
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

// scalars are the fields of the schema that are a text or an integer, by type, with the largest length or value.
func scalars(t *testing.T) (texts, integers map[string]int) {
	t.Helper()
	var schema struct {
		Properties map[string]struct {
			Type, Format       string
			MaxLength, Maximum int
		}
	}
	readJSON(t, "schema/request.schema.json", &schema)
	texts = map[string]int{}
	integers = map[string]int{}
	for name, p := range schema.Properties {
		switch {
		case p.Type == "string" && p.Format == "":
			texts[name] = p.MaxLength
		case p.Type == "integer":
			integers[name] = p.Maximum
		}
	}
	if len(texts) < 2 || len(integers) < 1 {
		t.Fatalf("texts %v, integers %v", texts, integers)
	}
	return texts, integers
}

// limits returns requests at each limit and next to it, and whether a request is beyond the schema.
func limits(texts, integers map[string]int) map[string]bool {
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
		add("policy", fmt.Sprintf(`{"min_success_percent":%d}`, n), false)
		for name, most := range integers {
			add(name, fmt.Sprint(n), false)
			add(name, fmt.Sprint(most+n), false)
		}
	}
	for _, name := range []string{"partial", "unknown", "settle"} {
		for _, value := range []string{"failed", "done", "pending", "all", "certain", "Done", ""} {
			add("policy", fmt.Sprintf(`{%q:%q}`, name, value), false)
		}
	}
	for _, char := range []string{"a", "_", " ", "é", "€", "😀"} { // one to four bytes, one or two units of UTF-16
		for name, most := range texts {
			for _, length := range []int{0, 1, 2, 47, 48, 49, 79, 80, 81, max(0, most-1), most, most + 1, 5_000} {
				text := strings.Repeat(char, length)
				add(name, `"`+text+`"`, false)
				add(name, `"`+escaped(text)+`"`, false)
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
