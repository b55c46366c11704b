package handler

import (
	"bytes"
	"encoding/json"
	"maps"
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

func (r *reader) fail(name, want string, got json.RawMessage) {
	if r.err == nil {
		r.err = errorf(InvalidRequest, "%s%s: expected %s, got %s", r.in, name, want, clip(string(got), maxID))
	}
}

// member reads one member that may be absent. An explicit null is not absent.
func member[T any](r *reader, name, want string, absent T, read func(json.RawMessage) (T, bool)) T {
	raw, ok := r.from[name]
	if !ok {
		return absent
	}
	value, ok := read(raw)
	if !ok {
		r.fail(name, want, raw)
		return absent
	}
	return value
}

func readString(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// readInt takes decimal digits only: no sign, no leading zero, no fraction, no exponent.
func readInt(text string, most uint64) (int64, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err == nil && text[0] != '0' && n <= most //nolint:gosec // 63 bits fit
}

func readID(raw json.RawMessage) (int64, bool) {
	if len(raw) > maxID {
		return 0, false
	}
	text, ok := readString(raw)
	if !ok {
		text = string(raw)
	}
	return readInt(text, math.MaxInt64)
}

func readTime(raw json.RawMessage) (time.Time, bool) {
	s, ok := readString(raw)
	t, err := time.Parse(time.RFC3339, s)
	return t, ok && err == nil && !t.IsZero() // the year 1 is a variable that nobody set
}

// maxTimeout is what the history of one execution holds.
const maxTimeout = 7 * 24 * time.Hour

func readTimeout(raw json.RawMessage) (time.Duration, bool) {
	n, ok := readInt(string(raw), uint64(maxTimeout/time.Second))
	return time.Duration(n) * time.Second, ok
}

func readPercent(raw json.RawMessage) (int, bool) {
	n, ok := readInt(string(raw), 100)
	return int(n), ok
}

func readAgents(raw json.RawMessage) ([]string, bool) {
	var list []json.RawMessage
	if string(raw) == "null" || json.Unmarshal(raw, &list) != nil {
		return nil, false
	}
	agents := make(map[string]string, len(list))
	for _, item := range list {
		agent, ok := readString(item)
		folded := foldID(agent)
		if !ok || folded == "" {
			return nil, false
		}
		if _, twice := agents[folded]; !twice {
			agents[folded] = agent
		}
	}
	return slices.Sorted(maps.Values(agents)), true
}

func readTenant(raw json.RawMessage) (string, bool) {
	s, ok := readString(raw)
	strange := func(r rune) bool { return !isLetterOrDigit(r) && r != '_' && r != '-' }
	return s, ok && s != "" && len(s) <= 48 && !strings.ContainsFunc(s, strange)
}

// maxContext bounds a context in bytes, so that a verdict has room for the rest.
const maxContext = 4_096

var noContext = json.RawMessage("null")

const wantContext = "JSON of at most 4096 bytes, not counting white space"

func readContext(raw json.RawMessage) (json.RawMessage, bool) {
	var compact bytes.Buffer
	err := json.Compact(&compact, raw)
	return compact.Bytes(), err == nil && compact.Len() <= maxContext
}

func readExecution(raw json.RawMessage) (string, bool) {
	s, ok := readString(raw)
	n := utf8.RuneCountInString(s)
	return s, ok && n >= 1 && n <= 80
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
