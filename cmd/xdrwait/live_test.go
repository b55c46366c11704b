package main

import (
	"cmp"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// verdictOf has these endpoints; the unknown statuses have one each.
func verdictOf(ok, failed, pending int, unknown ...string) *handler.Verdict {
	v := &handler.Verdict{Outcome: handler.Pending, UnknownStatuses: unknown, Statuses: map[string]int{}}
	v.Endpoints = handler.Endpoints{Total: ok + failed + pending, Succeeded: ok, Failed: failed, Pending: pending}
	for _, status := range unknown {
		v.Statuses[status] = 1
	}
	return v
}

// The bar shrinks first, words next. The counts, or the cause of trouble, stay.
func TestALineFitsItsTerminal(t *testing.T) {
	t.Parallel()
	const id = "22519813685366"
	usual := verdictOf(13, 2, 9)
	ended := verdictOf(21, 3, 0)
	ended.Outcome = handler.Failed
	const down = "unreachable: connection refused"
	for _, c := range []struct {
		state state
		lines map[int]string // by columns
	}{
		{state{verdict: usual, pause: 4 * time.Second}, map[int]string{
			80: id + " [==============>---------] 13 ok 2 failed 9 pending · 4s",
			57: id + " [=====>----] 13 ok 2 failed 9 pending · 4s",
			50: id + " 13 ok 2 failed 9 pending · 4s",
			40: id + " 13 ok 2 failed 9 pending",
			30: "…5366 13 ok 2 fail 9 pend",
			20: "13 ok 2 fail 9 pend",
			10: "13/2/9",
			5:  "13/2…",
		}},
		{state{verdict: verdictOf(91300, 2200, 6500), pause: 600 * time.Second}, map[int]string{
			80: id + " [===================>--] 91300 ok 2200 failed 6500 pending · 600s",
			20: "91300/2200/6500",
		}},
		{state{verdict: verdictOf(1, 0, 2, "SUCCEEDED", "完了")}, map[int]string{
			80: id + " [=>----] 1 ok 0 failed 2 pending · unknown: SUCCEEDED, 完了 · now",
			60: id + " 1 ok 0 failed 2 pending · 2 unknown · now",
			20: "1/0/2 · 2 unknown",
		}},
		{state{verdict: ended}, map[int]string{80: id + " [========================] 21 ok 3 failed 0 pending · failed"}},
		{state{verdict: verdictOf(0, 0, 9)}, map[int]string{60: id + " [-------------] 0 ok 0 failed 9 pending · now"}},
		{state{}, map[int]string{40: id + " asking", 20: "…5366 asking"}},
		{state{id: "123"}, map[int]string{10: "123 asking", 9: "asking", 5: "aski…"}},
		{state{id: "123456"}, map[int]string{12: "…3456 asking"}},
		{state{verdict: usual, err: errors.New(down), pause: 4*time.Second + 1}, map[int]string{
			120: id + " " + down + " · retry 5s · 13 ok 2 failed 9 pending",
			80:  id + " " + down + " · retry 5s · 13 ok 2 fail 9 pend",
			60:  id + " " + down + " · retry 5s",
			42:  down + " · retry 5s",
			40:  "…5366 " + down,
			20:  "connection refused",
		}},
		{state{err: errors.New("HTTP 502: サーバーエラーが発生しました。しばらくしてからもう一度"), pause: time.Second}, map[int]string{
			80: id + " HTTP 502: サーバーエラーが発生しました。しばらくして… · retry 1s",
			20: "HTTP 502: サーバー…",
		}},
	} {
		c.state.id = cmp.Or(c.state.id, id)
		for columns, want := range c.lines {
			if got := c.state.fit(columns, time.Time{}); got != want {
				t.Errorf("%d columns:\n got %s\nwant %s", columns, got, want)
			}
		}
	}
}

// In short, what ails. The unreachable host and the timeout are shown as net/http words them.
func TestCauses(t *testing.T) {
	t.Parallel()
	no := func(text string) error {
		return &handler.Error{Err: &xdr.Error{Kind: xdr.NoAnswer, Err: errors.New(text)}}
	}
	for want, err := range map[string]error{
		"answered 503: Service Unavailable.":                            &xdr.Error{Kind: xdr.Refused, StatusCode: 503, Message: "Service Unavailable."},
		"answered 500: no reason given":                                 &xdr.Error{Kind: xdr.Refused, StatusCode: 500},
		"proxy unreachable: no such host":                               no("proxyconnect tcp: dial tcp: lookup h: no such host"),
		"unreachable: connection refused":                               no("dial tcp 127.0.0.1:443: connect: connection refused"),
		"unreachable: no such host":                                     no("dial tcp: lookup api-acme.example: no such host"),
		"unreachable: timed out after 10s":                              no("timed out after 10s: context deadline exceeded"),
		"unreachable: EOF":                                              no("EOF"),
		"HTTP 502, not in the API's words: a proxy or a wrong api_url?": &xdr.Error{Kind: xdr.Intercepted, StatusCode: 502},
		"no secret": &handler.Error{Name: handler.CredentialsUnavailable, GroupActionID: 7, Message: "no secret"},
		"other":     errors.New("other"),
	} {
		if got := causeOf(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	lost := &xdr.Error{Kind: xdr.NoAnswer, Err: &net.OpError{Op: "proxyconnect", Err: &net.DNSError{}}}
	if got := nextOfTenant(lost); !strings.HasPrefix(got, "check HTTPS_PROXY") {
		t.Error(got)
	}
}
