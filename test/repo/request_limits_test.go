package repo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/soarstep/xdr-action-status/internal/schematest"
)

// The schema and the code agree at every limit of a request, whatever the characters. Some limits are beyond a schema:
// only the code refuses these requests, and the schema's descriptions say so.
func TestRequestLimits(t *testing.T) {
	t.Parallel()
	var schema member
	readJSON(t, "schema/request.schema.json", &schema)
	events := beyond()
	for name, m := range schema.Properties {
		for _, value := range m.limits() {
			events[fmt.Sprintf(`{%q:%s,"group_action_id":1}`, name, value)] = false
		}
	}
	refused := 0
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

// member is one of a request, or of its policy, as the schema has it.
type member struct {
	Type, Format       string
	MaxLength, Maximum int
	Enum               []string
	Properties         map[string]member
}

// limits are JSON texts at each limit of a member and next to it. A text of one character may have one to four bytes,
// and one or two units of UTF-16. The limit of a tenant, 48, is in its pattern.
func (m member) limits() (all []string) {
	switch {
	case m.Type == "integer":
		for _, n := range []int{-1, 0, 1, 2, m.Maximum - 1, m.Maximum, m.Maximum + 1, 10 * m.Maximum} {
			all = append(all, fmt.Sprint(n))
		}
	case m.Type == "string" && m.Format == "":
		for char, escaped := range map[string]string{
			"a": `\u0061`, "_": `\u005f`, " ": `\u0020`, "é": `\u00e9`, "€": `\u20ac`, "😀": `\ud83d\ude00`,
		} {
			for _, length := range []int{0, 1, 2, 47, 48, 49, max(0, m.MaxLength-1), m.MaxLength, m.MaxLength + 1, 5_000} {
				all = append(all, `"`+strings.Repeat(char, length)+`"`, `"`+strings.Repeat(escaped, length)+`"`)
			}
		}
	case m.Enum != nil:
		for _, value := range append(m.Enum, "Done", "failed", "done", "pending", "all", "") {
			all = append(all, fmt.Sprintf("%q", value))
		}
	}
	for name, p := range m.Properties {
		for _, value := range p.limits() {
			all = append(all, fmt.Sprintf("{%q:%s}", name, value))
		}
	}
	return all
}

// beyond returns requests at the limits that a schema cannot tell, and whether one is beyond them: 63 bits of an id, a
// context without its white space, and 200 KiB of an event.
func beyond() map[string]bool {
	all := map[string]bool{}
	for _, digits := range []string{
		"-1", "0", "1", "01", "007", "1234567890123456789", "01234567890123456789",
		"9223372036854775806", "9223372036854775807", "9223372036854775808", "9999999999999999999", "10000000000000000000",
	} {
		for _, name := range []string{"group_action_id", "action_id"} {
			all[fmt.Sprintf(`{%q:%s}`, name, digits)] = false
			all[fmt.Sprintf(`{%q:%q}`, name, digits)] = len(digits) == 19 && digits > "9223372036854775807"
		}
	}
	for _, size := range []int{4_095, 4_096, 4_097} {
		for _, char := range []string{"a", "é", "€", "😀"} {
			content := size - len(`[""]`)
			text := strings.Repeat(char, content/len(char)) + strings.Repeat("a", content%len(char))
			all[fmt.Sprintf(`{"context":[ "%s" ],"group_action_id":1}`, text)] = size > 4_096
		}
	}
	for _, size := range []int{204_799, 204_800, 204_801} {
		rest := size - len(`{"x":"","group_action_id":1}`)
		all[fmt.Sprintf(`{"x":"%s","group_action_id":1}`, strings.Repeat("x", rest))] = size > 204_800
	}
	return all
}
