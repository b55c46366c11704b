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
	certain := policy{90, Done, Failed, settleCertain}
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
		{"envelope, own start", `{"detail-type":"X","source":"s","time":"bad","detail":{"group_action_id":1,"started_at":"2026-11-24T10:00:00Z"}}`,
			request{id: 1, echo: json.RawMessage(`1`), startedAt: at}},
		{"no envelope where the top has an id", `{"detail-type":"X","source":"s","detail":{"group_action_id":1},"group_action_id":2,"tenant":"a"}`,
			request{id: 2, echo: json.RawMessage(`2`), tenant: "a"}},
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
	for _, c := range []struct{ event, want string }{
		{``, "not a JSON object"},
		{`null`, "not a JSON object"},
		{`[{"group_action_id":1}]`, "not a JSON object"},
		{`{`, "not valid JSON"},
		{`{"group_action_id"`, "not valid JSON"},
		{`{"group_action_id":1`, "not valid JSON"},
		{`{"group_action_id":1,}`, "not valid JSON"},
		{`{"group_action_id":01}`, "not valid JSON"},
		{`{"group_action_id":nil}`, `not valid JSON at byte 21, in "/group_action_id"`},
		{`{"group_action_id":1} {}`, "data after"},
		{`{"group_action_id":1}x`, "data after"},
		{"{\"group_action_id\":1,\"x\":\"\xff\"}", "UTF-8"},
		{`{"group_action_id":1,"group_action_id":1}`, `"group_action_id" twice`},
		{`{"group_action_id":1,"x":1,"x":1}`, `"x" twice`},
		{`{}`, "group_action_id is missing: expected an integer"},
		{`{"GROUP_ACTION_ID":1}`, "group_action_id is missing"},
		{`{"group_action_id":null}`, "group_action_id: expected an integer"},
		{`{"group_action_id":0}`, "group_action_id:"},
		{`{"group_action_id":-1}`, "got -1"},
		{`{"group_action_id":1.0}`, "got 1.0"},
		{`{"group_action_id":1e3}`, "got 1e3"},
		{`{"group_action_id":9223372036854775808}`, "got 9223372036854775808"},
		{`{"group_action_id":"9223372036854775808"}`, "group_action_id:"},
		{`{"group_action_id":"+5"}`, "group_action_id:"},
		{`{"group_action_id":"-5"}`, "group_action_id:"},
		{`{"group_action_id":" 5"}`, "group_action_id:"},
		{`{"group_action_id":"0x5"}`, "group_action_id:"},
		{`{"group_action_id":""}`, "group_action_id:"},
		{`{"group_action_id":true}`, "group_action_id:"},
		{`{"group_action_id":[1]}`, "group_action_id:"},
		{`{"group_action_id":"007"}`, "group_action_id: expected an integer from 1 to 9223372036854775807, or a string of its digits, got \"007\""},
		{`{"group_action_id":"0"}`, "group_action_id:"},
		{`{"action_id":0}`, "action_id:"},
		{`{"group_action_id":1,"action_id":"2"}`, "group_action_id 1 and action_id 2 differ"},
		{`{"group_action_id":1,"action_id":null}`, "action_id:"},
		{`{"group_action_id":1,"started_at":"0001-01-01T00:00:00Z"}`, "started_at:"},
		{`{"group_action_id":1,"policy":{"b":1,"a":1}}`, "policy.a is not known"},
		{`{"group_action_id":1,"started_at":null}`, "started_at: expected an RFC 3339 time"},
		{`{"group_action_id":1,"started_at":"yesterday"}`, "started_at:"},
		{`{"group_action_id":1,"started_at":1732442442}`, "started_at:"},
		{`{"group_action_id":1,"timeout_seconds":0}`, "timeout_seconds: expected an integer from 1 to 604800, seven days, got 0"},
		{`{"group_action_id":1,"timeout_seconds":604801}`, "timeout_seconds:"},
		{`{"group_action_id":1,"timeout_seconds":"60"}`, "timeout_seconds:"},
		{`{"group_action_id":1,"timeout_seconds":1.5}`, "timeout_seconds:"},
		{`{"group_action_id":1,"timeout_seconds":null}`, "timeout_seconds:"},
		{`{"group_action_id":1,"expected_agents":null}`, "expected_agents: expected a list"},
		{`{"group_action_id":1,"expected_agents":"a"}`, "expected_agents:"},
		{`{"group_action_id":1,"expected_agents":[1]}`, "expected_agents:"},
		{`{"group_action_id":1,"expected_agents":[""]}`, "expected_agents:"},
		{`{"group_action_id":1,"expected_agents":[null]}`, "expected_agents:"},
		{`{"group_action_id":1,"expected_agents":["a"," -- "]}`, "expected_agents:"},
		{`{"group_action_id":1,"expected_agents":["- -"]}`, "expected_agents:"},
		{`{"group_action_id":1,"context":"` + strings.Repeat("x", 4095) + `"}`, "context: expected JSON of at most 4096 bytes"},
		{`{"group_action_id":1,"execution":""}`, "execution: expected a string of 1 to 80 characters"},
		{`{"group_action_id":1,"execution":"` + strings.Repeat("é", 81) + `"}`, "execution:"},
		{`{"group_action_id":1,"execution":null}`, "execution:"},
		{`{"group_action_id":1,"policy":{"unknown":"done"}}`, `policy.unknown: expected "pending" or "failed", got "done"`},
		{`{"group_action_id":1,"x":"` + strings.Repeat("x", 200<<10) + `"}`, "the event has 204828 bytes, previous not counted: expected at most 204800"},
		{`{"detail-type":"X","source":"s","started_at":5,"detail":{"group_action_id":1}}`, "started_at: expected an RFC 3339 time, got 5"},
		{`{"group_action_id":1,"policy":null}`, "policy is not a JSON object"},
		{`{"group_action_id":1,"policy":[]}`, "policy is not a JSON object"},
		{`{"group_action_id":1,"policy":{"Partial":"done"}}`, "policy.Partial is not known: expected min_success_percent, partial, unknown, settle"},
		{`{"group_action_id":1,"policy":{"partial":"done","partial":"done"}}`, `policy has the key "partial" twice`},
		{`{"group_action_id":1,"policy":{"partial":"DONE"}}`, `policy.partial: expected "failed", "done" or "pending", got "DONE"`},
		{`{"group_action_id":1,"policy":{"partial":null}}`, "policy.partial:"},
		{`{"group_action_id":1,"policy":{"settle":"some"}}`, "policy.settle:"},
		{`{"group_action_id":1,"policy":{"min_success_percent":0}}`, "policy.min_success_percent: expected an integer from 1 to 100"},
		{`{"group_action_id":1,"policy":{"min_success_percent":101}}`, "policy.min_success_percent:"},
		{`{"group_action_id":1,"policy":{"min_success_percent":"90"}}`, "policy.min_success_percent:"},
		{`{"group_action_id":1,"policy":{"min_success_percent":99.5}}`, "policy.min_success_percent:"},
		{`{"group_action_id":1,"tenant":null}`, "tenant:"},
		{`{"group_action_id":1,"tenant":""}`, "tenant: expected 1 to 48 characters"},
		{`{"group_action_id":1,"tenant":"a/b"}`, "tenant:"},
		{`{"group_action_id":1,"tenant":"é"}`, "tenant:"},
		{`{"group_action_id":1,"tenant":"` + strings.Repeat("a", 49) + `"}`, "tenant:"},
		{`{"detail-type":"X","source":"s","detail":null}`, "detail is not a JSON object"},
		{`{"detail-type":"X","source":"s","detail":{}}`, "group_action_id is missing"},
		{`{"detail-type":"X","source":"s","time":5,"detail":{"group_action_id":1}}`, "time: expected an RFC 3339 time, got 5"},
		{`{"detail-type":"X","source":"s","detail":{"group_action_id":1,"group_action_id":2}}`, `detail has the key "group_action_id" twice`},
		{`{"group_action_id":"` + strings.Repeat("9", 5000) + `"}`, "…"},
	} {
		_, err := parse([]byte(c.event))
		var named *Error
		if !errors.As(err, &named) || named.Name != InvalidRequest || !strings.Contains(named.Message, c.want) ||
			strings.Contains(named.Message, "\n") || len(named.Message) > 400 {
			t.Errorf("%.80s: %v, want %q in it", c.event, err, c.want)
		}
	}
}

// The last verdict counts only for its own action, and is no error whatever it is.
func TestPrevious(t *testing.T) {
	t.Parallel()
	for previous, want := range map[string]int{
		`{"group_action_id":5,"endpoints":{"seen":3}}`:                 3,
		`{"group_action_id":"5","endpoints":{"total":9,"seen":3}}`:     3,
		`{"group_action_id":6,"endpoints":{"seen":3}}`:                 0,
		`{"group_action_id":5,"endpoints":{"seen":0}}`:                 0,
		`{"group_action_id":5,"endpoints":{"seen":-3}}`:                0,
		`{"group_action_id":5,"endpoints":{"seen":"3"}}`:               0,
		`{"group_action_id":5,"endpoints":{"seen":3,"seen":4}}`:        0,
		`{"group_action_id":5,"endpoints":null}`:                       0,
		`{"group_action_id":5}`:                                        0,
		`{"endpoints":{"seen":3}}`:                                     0,
		`null`:                                                         0,
		`[1]`:                                                          0,
		`"text"`:                                                       0,
		`{"group_action_id":5,"endpoints":{"seen":99999999999999999}}`: 0,
	} {
		r, err := parse([]byte(`{"group_action_id":"5","previous":` + previous + `}`))
		if err != nil || r.seen != want {
			t.Errorf("%s: %d, %v, want %d", previous, r.seen, err, want)
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
	for _, seed := range []string{
		`{"group_action_id":22519813685366}`, `{"action_id":"7","policy":{"partial":"done"},"tenant":"a"}`, `{"group_action_id":1e3}`,
		`{"detail-type":"X","source":"s","time":"2026-11-24T10:00:00Z","detail":{"group_action_id":1}}`, `null`, `{"a":{"a":{"a":[[[]]]}}}`,
		`{"group_action_id":1,"expected_agents":["a","b"],"started_at":"2026-11-24T10:00:00Z","timeout_seconds":5}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		r, err := parse(event)
		if err != nil {
			var named *Error
			if !errors.As(err, &named) || named.Name != InvalidRequest || strings.ContainsAny(named.Message, "\r\n") || len(named.Message) > 600 {
				t.Errorf("error %q", err)
			}
			return
		}
		var id any
		if json.Unmarshal(r.echo, &id) != nil || r.id < 1 || r.policy.minSuccessPercent < 1 || r.policy.minSuccessPercent > 100 || r.timeout < 0 {
			t.Errorf("accepted %+v", r)
		}
		// What was accepted is what any JSON reader sees.
		var plain map[string]any
		if json.Unmarshal(event, &plain) != nil {
			t.Errorf("accepted what is not JSON: %q", event)
		}
	})
}
