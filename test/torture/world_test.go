package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// world is a tenant, its secret and their weather, in virtual time. It is the transport of the step's client and its
// Secrets Manager.
type world struct {
	now   time.Time
	r     *rand.Rand
	lives map[int64]*life

	apiDown, throttled, secretsDown spells
	rotations                       []time.Time
	recent                          []time.Time // requests of the last second

	sent, refused, peak int // requests, those over the rate limit, and most in one second
}

// spells are times in which something is wrong.
type spells []spell

type spell struct{ from, to time.Time }

func (s spells) cover(at time.Time) bool {
	return slices.ContainsFunc(s, func(one spell) bool { return !at.Before(one.from) && at.Before(one.to) })
}

// weather is bad for two weeks: waits begin in the first of them.
func (w *world) weather(begin time.Time) {
	spells := func(count int, most time.Duration) (list spells) {
		for range count {
			from := begin.Add(within(w.r, 2*week))
			list = append(list, spell{from, from.Add(between(w.r, 5*time.Second, most))})
		}
		return list
	}
	w.apiDown = spells(16, 12*time.Hour)
	w.throttled = spells(16, 2*time.Hour)
	w.secretsDown = spells(10, 6*time.Hour)
	for range 40 {
		w.rotations = append(w.rotations, begin.Add(within(w.r, 2*week)))
	}
}

// version is that of the secret and of the key; the one before is dead at once.
func (w *world) version() int {
	n := 0
	for _, at := range w.rotations {
		if !w.now.Before(at) {
			n++
		}
	}
	return n
}

func (w *world) key() string { return fmt.Sprint(xdrtest.Canary, w.version()) }

func (w *world) GetSecretValue(
	context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	if w.secretsDown.cover(w.now) {
		return nil, pickOne(w.r, error(&smithy.GenericAPIError{Code: "ThrottlingException"}), errors.New("connection reset"))
	}
	value := secretOf("api_url", "https://api-x.xdr.us.paloaltonetworks.com", w.key())
	version := fmt.Sprint(w.version())
	return &secretsmanager.GetSecretValueOutput{SecretString: &value, VersionId: &version}, nil
}

// secretOf is a secret; field is the one that names the address.
func secretOf(field, address, key string) string {
	secret := map[string]string{field: address, "api_key_id": "7", "api_key": key, "security_level": "standard"}
	raw, _ := json.Marshal(secret) // texts always have a JSON form
	return string(raw)
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.sent++
	over := w.overRate()
	switch {
	case w.apiDown.cover(w.now):
		return w.outage()
	case r.Header.Get("Authorization") != w.key():
		return answer(401, `{"reply":{"err_code":401,"err_msg":"Public API request unauthorized"}}`), nil
	case over, w.throttled.cover(w.now) && w.r.IntN(3) > 0:
		return answer(429, `{"reply":{"err_code":429,"err_msg":"Too many requests."}}`), nil
	}
	var id int64
	if _, err := fmt.Fscanf(r.Body, `{"request_data":{"group_action_id":%d}}`, &id); err != nil {
		return answer(400, "{}"), nil
	}
	l := w.lives[id]
	return answer(200, l.reply(w.now.Sub(l.began))), nil
}

// outage is one of the ways in which the API is down.
func (w *world) outage() (*http.Response, error) {
	switch w.r.IntN(3) {
	case 0:
		return answer(500, `{"reply":{"err_code":500,"err_msg":"communication error"}}`), nil
	case 1:
		return answer(503, "<html>"), nil
	}
	return nil, errors.New("connection reset")
}

// overRate counts a request, and reports whether it is over the tenant's 10 in any second.
func (w *world) overRate() bool {
	for len(w.recent) > 0 && w.now.Sub(w.recent[0]) >= time.Second {
		w.recent = w.recent[1:]
	}
	w.recent = append(w.recent, w.now)
	w.peak = max(w.peak, len(w.recent))
	if len(w.recent) > 10 {
		w.refused++
		return true
	}
	return false
}

func answer(status int, body string) *http.Response {
	return &http.Response{
		ProtoMajor: 1, ProtoMinor: 1, StatusCode: status,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
	}
}
