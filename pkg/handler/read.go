package handler

import (
	"encoding/json"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// reader reads members one after the other and keeps the first error.
type reader struct {
	from map[string]json.RawMessage
	in   string // in front of a name in errors: "policy."
	err  error
}

// member reads one member that may be absent. An explicit null is not absent.
func member[T any](r *reader, name, want string, absent T, read func(json.RawMessage) (T, bool)) T {
	raw, ok := r.from[name]
	if !ok {
		return absent
	}
	value, ok := read(raw)
	if ok {
		return value
	}
	if r.err == nil {
		r.err = errorf(InvalidRequest, "%s%s: expected %s, got %s", r.in, name, want, clip(string(raw), maxID))
	}
	return absent
}

func readString(raw json.RawMessage) (string, bool) {
	if raw.Kind() != '"' {
		return "", false
	}
	text, err := jsontext.AppendUnquote(make([]byte, 0, maxID), raw)
	return string(text), err == nil
}

// readInt takes decimal digits only: no sign, no leading zero, no fraction, no exponent.
func readInt(text string) (int64, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err == nil && text[0] != '0'
}

var (
	readTimeout = upTo(604_800) // seven days, which is what the history of one execution holds
	readPercent = upTo(100)
	readSeen    = upTo(math.MaxInt32)
	readPartial = oneOf(Failed, Done, Pending)
	readUnknown = oneOf(Pending, Failed)
	readSettle  = oneOf("all", "certain")
)

func upTo(most int) func(json.RawMessage) (int, bool) {
	return func(raw json.RawMessage) (int, bool) {
		n, ok := readInt(string(raw))
		return int(n), ok && n <= int64(most)
	}
}

func readID(raw json.RawMessage) (int64, bool) {
	text, ok := readString(raw)
	if !ok {
		text = string(raw)
	}
	id, ok := readInt(text)
	return id, ok && len(raw) <= maxID // it is returned as it was written
}

func readTime(raw json.RawMessage) (time.Time, bool) {
	s, ok := readString(raw)
	var t time.Time // of which time.Parse takes more than RFC 3339 allows, and lower case not at all
	err := jsonv2.Unmarshal([]byte(`"`+strings.ToUpper(s)+`"`), &t)
	return t, ok && err == nil && !t.IsZero() // the year 1 is a variable that nobody set
}

// agents are ids as the request wrote them, by foldID.
type agents map[string]string

func readAgents(raw json.RawMessage) (agents, bool) {
	var list []json.RawMessage
	if string(raw) == "null" || json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	expected := make(agents, len(list))
	for _, item := range slices.Backward(list) { // of two spellings the first stays
		agent, ok := readString(item)
		folded := foldID(agent)
		if !ok || folded == "" {
			return nil, false
		}
		expected[folded] = agent
	}
	return expected, true
}

// foldID makes one of the ways in which other tools print an agent id.
func foldID(id string) string {
	return strings.ToLower(strings.TrimSpace(strings.ReplaceAll(id, "-", "")))
}

func readTenant(raw json.RawMessage) (string, bool) {
	s, ok := readString(raw)
	strange := func(r rune) bool { return !isLetterOrDigit(r) && r != '_' && r != '-' }
	return s, ok && s != "" && len(s) <= 48 && !strings.ContainsFunc(s, strange)
}

// maxContext bounds a context in bytes, so that a verdict has room for the rest.
const (
	maxContext  = 4_096
	wantContext = "JSON of at most 4096 bytes, not counting white space"
)

var noContext = json.RawMessage("null")

func readContext(raw json.RawMessage) (json.RawMessage, bool) {
	err := raw.Compact()
	return raw, err == nil && len(raw) <= maxContext
}

func readExecution(raw json.RawMessage) (string, bool) {
	s, ok := readString(raw)
	return s, ok && s != "" && utf8.RuneCountInString(s) <= 80
}

func isLetterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func oneOf[T ~string](values ...T) func(json.RawMessage) (T, bool) {
	return func(raw json.RawMessage) (T, bool) {
		s, ok := readString(raw)
		return T(s), ok && slices.Contains(values, T(s))
	}
}
