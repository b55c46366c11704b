package handler

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	certain := policy{90, Done, Failed, true}
	for _, c := range []struct {
		name, event string
		want        request
	}{
		{"integer", `{"group_action_id":22519813685366}`, request{id: 22519813685366, echo: json.RawMessage(`22519813685366`)}},
		{"string", ` {"group_action_id": "22519813685366"} `, request{id: 22519813685366, echo: json.RawMessage(`"22519813685366"`)}},
		{"largest", `{"group_action_id":9223372036854775807}`, request{id: math.MaxInt64, echo: json.RawMessage(`9223372036854775807`)}},
		{"alias", `{"action_id":"5"}`, request{id: 5, echo: json.RawMessage(`"5"`)}},
		{"both, equal", `{"action_id":"5","group_action_id":5}`, request{id: 5, echo: json.RawMessage(`5`)}},
		{"unknown members", `{"group_action_id":1,"Policy":null,"state":{"a":[null]},"GROUP_ACTION_ID":2}`, request{id: 1, echo: json.RawMessage(`1`)}},
		{"all of them", `{"group_action_id":1,"started_at":"2026-11-24T11:00:00+01:00","timeout_seconds":60,"expected_agents":["b","A-a","b"," aA"],
			"policy":{"min_success_percent":90,"partial":"done","unknown":"failed","settle":"certain"},"tenant":"acme_EU-1",
			"context":{ "a" : [1, null] },"execution":"é run","previous":{"group_action_id":"1","endpoints":{"seen":7}}}`,
			request{id: 1, echo: json.RawMessage(`1`), startedAt: at, timeout: time.Minute, expected: agents{"aa": "A-a", "b": "b"}, policy: certain, tenant: "acme_EU-1",
				context: json.RawMessage(`{"a":[1,null]}`), execution: "é run", seen: 7}},
		{"seven days", `{"group_action_id":1,"timeout_seconds":604800,"context":null}`, request{id: 1, echo: json.RawMessage(`1`), timeout: 7 * 24 * time.Hour}},
		{"envelope", `{"version":"0","detail-type":"X","source":"s","time":"2026-11-24T10:00:00Z","detail":{"group_action_id":1}}`,
			request{id: 1, echo: json.RawMessage(`1`), startedAt: at}},
		{"envelope without time", `{"detail-type":"X","source":"s","detail":{"group_action_id":1}}`, request{id: 1, echo: json.RawMessage(`1`)}},
		{"envelope without time, start beside detail", `{"detail-type":"X","source":"s","started_at":"2026-11-24T10:00:00Z","detail":{"group_action_id":1}}`,
			request{id: 1, echo: json.RawMessage(`1`), startedAt: at}},
		{"envelope, time before the start beside detail", `{"detail-type":"X","source":"s","time":"2026-11-24T10:00:00Z","started_at":"2026-11-25T10:00:00Z","detail":{"group_action_id":1}}`,
			request{id: 1, echo: json.RawMessage(`1`), startedAt: at}},
		{"envelope, execution and previous beside detail", `{"detail-type":"X","source":"s","execution":"e","previous":{"group_action_id":1,"endpoints":{"seen":3}},"context":1,"tenant":"x",
			"detail":{"group_action_id":1,"execution":"other","previous":{"group_action_id":1,"endpoints":{"seen":9}}}}`,
			request{id: 1, echo: json.RawMessage(`1`), execution: "e", seen: 3}},
		{"envelope, own start", `{"detail-type":"X","source":"s","time":"bad","detail":{"group_action_id":1,"started_at":"2026-11-24t10:00:00z"}}`,
			request{id: 1, echo: json.RawMessage(`1`), startedAt: at}},
		{"no envelope where the top has an id", `{"detail-type":"X","source":"s","detail":{"group_action_id":1},"group_action_id":2,"tenant":"a"}`,
			request{id: 2, echo: json.RawMessage(`2`), tenant: "a"}},
		{"nor where it has the other name", `{"detail-type":"X","source":"s","detail":{"group_action_id":1},"action_id":2}`, request{id: 2, echo: json.RawMessage(`2`)}},
		{"detail without an envelope", `{"detail":{"group_action_id":2},"group_action_id":1}`, request{id: 1, echo: json.RawMessage(`1`)}},
	} {
		got, err := parse([]byte(c.event))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if c.want.policy == (policy{}) {
			c.want.policy = defaultPolicy
		}
		if c.want.context == nil {
			c.want.context = json.RawMessage("null")
		}
		if got.startedAt = got.startedAt.UTC(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	refuses := func(event, want string) {
		t.Helper()
		_, err := parse([]byte(event))
		named, ok := errors.AsType[*Error](err)
		if !ok || named.Name != InvalidRequest || !strings.Contains(named.Message, want) ||
			strings.Contains(named.Message, "\n") || len(named.Message) > 400 {
			t.Errorf("%.80s: %v, want %q in it", event, err, want)
		}
	}
	for _, c := range []struct{ member, want, values string }{ // values of one member, with a | between them
		{"group_action_id", wantID, `null|0|-1|1.0|1e3|9223372036854775808|"9223372036854775808"|"+5"|"-5"|" 5"|"0x5"|""|true|[1]|"007"|"0"`},
		{"action_id", wantID, `0|null`},
		{"started_at", "an RFC 3339 time", `null|"yesterday"|1732442442|"0001-01-01T00:00:00Z"|"2026-11-24T1:00:00Z"|"2026-11-24T10:00:00,5Z"|"2026-11-24T10:00:00+24:00"`},
		{"timeout_seconds", "an integer from 1 to 604800, seven days", `0|604801|"60"|1.5|null`},
		{"expected_agents", "a list of non-empty agent ids", `null|"a"|[1]|[""]|[null]|["a"," -- "]|["- -"]`},
		{"context", "JSON of at most 4096 bytes", `"` + strings.Repeat("x", 4095) + `"`},
		{"execution", "a string of 1 to 80 characters", `""|null|"` + strings.Repeat("é", 81) + `"`},
		{"tenant", "1 to 48 characters of", `null|""|"a/b"|"é"|"` + strings.Repeat("a", 49) + `"`},
		{"policy.unknown", `"pending" or "failed"`, `"done"`},
		{"policy.partial", `"failed", "done" or "pending"`, `"DONE"|null`},
		{"policy.settle", `"all" or "certain"`, `"some"`},
		{"policy.min_success_percent", "an integer from 1 to 100", `0|101|"90"|99.5`},
	} {
		for value := range strings.SplitSeq(c.values, "|") {
			event := `{"group_action_id":1,"` + c.member + `":` + value + `}`
			if key, ok := strings.CutPrefix(c.member, "policy."); ok {
				event = `{"group_action_id":1,"policy":{"` + key + `":` + value + `}}`
			}
			event = strings.Replace(event, `"group_action_id":1,"group_action_id"`, `"group_action_id"`, 1)
			refuses(event, c.member+": expected "+c.want)
			refuses(event, ", got "+clip(value, maxID))
		}
	}
	for _, c := range []struct{ event, want string }{
		{``, "not a JSON object"},
		{`null`, "not a JSON object"},
		{`[{"group_action_id":1}]`, "not a JSON object"},
		{`{`, "not valid JSON at byte 2"},
		{`{"group_action_id"`, "not valid JSON"},
		{`{"group_action_id":1`, "not valid JSON"},
		{`{"group_action_id":1,}`, "not valid JSON"},
		{`{"group_action_id":01}`, "not valid JSON"},
		{`{"group_action_id":"` + strings.Repeat(`\u0031`, 19) + `"}`, "group_action_id: expected an integer"},
		{`{"group_action_id":nil}`, `not valid JSON at byte 21, in "/group_action_id"`},
		{`{"group_action_id":1} {}`, "data after"},
		{`{"group_action_id":1}x`, "data after"},
		{"{\"group_action_id\":1,\"x\":\"\xff\"}", "UTF-8"},
		{`{"group_action_id":1,"group_action_id":1}`, `"group_action_id" twice`},
		{`{"group_action_id":1,"x":1,"x":1}`, `"x" twice`},
		{`{}`, "group_action_id is missing: expected an integer"},
		{`{"GROUP_ACTION_ID":1}`, "group_action_id is missing"},
		{`{"action_id":0}`, "action_id: expected an integer"},
		{`{"group_action_id":1,"action_id":"2"}`, "group_action_id 1 and action_id 2 differ"},
		{`{"group_action_id":1,"x":"` + strings.Repeat("x", 200<<10) + `"}`, "the event has 204828 bytes, previous not counted: expected at most 204800"},
		{`{"group_action_id":1,"policy":{"b":1,"a":1}}`, "policy.a is not known"},
		{`{"group_action_id":1,"policy":null}`, "policy is not a JSON object"},
		{`{"group_action_id":1,"policy":[]}`, "policy is not a JSON object"},
		{`{"group_action_id":1,"policy":{"Partial":"done"}}`, "policy.Partial is not known: expected min_success_percent, partial, unknown, settle"},
		{`{"group_action_id":1,"policy":{"partial":"done","partial":"done"}}`, `policy has the key "partial" twice`},
		{`{"detail-type":"X","source":"s","detail":null}`, "detail is not a JSON object"},
		{`{"detail-type":"X","source":"s","detail":{}}`, "group_action_id is missing"},
		{`{"detail-type":"X","detail":{"group_action_id":1}}`, "group_action_id is missing"},
		{`{"source":"s","detail":{"group_action_id":1}}`, "group_action_id is missing"},
		{`{"detail-type":"X","source":"s","time":5,"detail":{"group_action_id":1}}`, "time: expected an RFC 3339 time, got 5"},
		{`{"detail-type":"X","source":"s","started_at":5,"detail":{"group_action_id":1}}`, "started_at: expected an RFC 3339 time, got 5"},
		{`{"detail-type":"X","source":"s","detail":{"group_action_id":1,"group_action_id":2}}`, `detail has the key "group_action_id" twice`},
		{`{"group_action_id":"` + strings.Repeat("9", 5000) + `"}`, "…"},
	} {
		refuses(c.event, c.want)
	}
}

// The last verdict counts only for its own action, and is no error whatever it is.
func TestPrevious(t *testing.T) {
	t.Parallel()
	for want, verdicts := range map[int][]string{
		3: {`{"group_action_id":5,"endpoints":{"seen":3}}`, `{"group_action_id":"5","endpoints":{"total":9,"seen":3}}`},
		0: {
			`{"group_action_id":6,"endpoints":{"seen":3}}`, `{"endpoints":{"seen":3}}`, `{"group_action_id":5}`,
			`{"group_action_id":5,"endpoints":null}`, `{"group_action_id":5,"endpoints":{"seen":3,"seen":4}}`,
			`{"group_action_id":5,"endpoints":{"seen":0}}`, `{"group_action_id":5,"endpoints":{"seen":-3}}`,
			`{"group_action_id":5,"endpoints":{"seen":"3"}}`, `{"group_action_id":5,"endpoints":{"seen":99999999999999999}}`,
			`null`, `[1]`, `"text"`,
		},
	} {
		for _, previous := range verdicts {
			r, err := parse([]byte(`{"group_action_id":"5","previous":` + previous + `}`))
			if err != nil || r.seen != want {
				t.Errorf("%s: %d, %v, want %d", previous, r.seen, err, want)
			}
		}
	}
}

// Each limit is still within it.
func TestParseLimits(t *testing.T) {
	t.Parallel()
	event := `{"group_action_id":9223372036854775807,"timeout_seconds":604800,"tenant":"azAZ09_-` + strings.Repeat("t", 40) + `",
		"execution":"` + strings.Repeat("é", 80) + `","context":"` + strings.Repeat("c", maxContext-2) + `","x":"`
	event += strings.Repeat("x", maxEvent-len(event)-2) + `"}`
	r, err := parse([]byte(event))
	if err != nil || len(event) != maxEvent || len(r.tenant) != 48 || len(r.context) != maxContext || r.timeout != 7*24*time.Hour {
		t.Errorf("%d bytes: %v", len(event), err)
	}
	if _, err := parse([]byte(strings.Replace(event, `"x":"`, `"x":"x`, 1))); err == nil {
		t.Error("one byte more is accepted")
	}
	beside := strings.Replace(event, `"x":"`+strings.Repeat("x", 20), `"previous":"`+strings.Repeat("p", 40<<10)+`","x":"`, 1)
	if _, err := parse([]byte(beside)); err != nil {
		t.Errorf("a verdict of any size may travel beside the largest event: %v", err)
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"group_action_id":1,"expected_agents":["a"],"timeout_seconds":5,"policy":{"partial":"done"},"x":[[]]}`))
	f.Fuzz(func(t *testing.T, event []byte) {
		r, err := parse(event)
		if err != nil {
			named, ok := errors.AsType[*Error](err)
			if !ok || named.Name != InvalidRequest || strings.ContainsAny(named.Message, "\r\n") || len(named.Message) > 600 {
				t.Errorf("error %q", err)
			}
			return
		}
		if !json.Valid(r.echo) || r.id < 1 || r.policy.minSuccessPercent < 1 || r.policy.minSuccessPercent > 100 || r.timeout < 0 {
			t.Errorf("accepted %+v", r)
		}
		// What was accepted is what any JSON reader sees.
		if json.Unmarshal(event, new(map[string]any)) != nil {
			t.Errorf("accepted what is not JSON: %q", event)
		}
	})
}
