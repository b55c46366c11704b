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

	apiDown, secretsDown, lambdaDown spells
	throttled, mixed                 spells // every request is refused; it may meet anything
	rotations                        []time.Time

	answered []time.Time // in the last second
	free     time.Time   // when a queue may ask again
	sent     int         // requests
	refused  int         // those over the rate limit
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
	w.throttled = spells(8, 2*time.Hour)
	w.mixed = spells(8, 12*time.Hour)
	w.secretsDown = spells(10, 6*time.Hour)
	w.lambdaDown = spells(6, 3*time.Hour)
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
	unlucky := w.mixed.cover(w.now)
	switch {
	case w.apiDown.cover(w.now), unlucky && w.r.IntN(3) == 0:
		return w.outage()
	case r.Header.Get("Authorization") != w.key():
		return answer(401, `{"reply":{"err_code":401,"err_msg":"Public API request unauthorized"}}`), nil
	case w.throttled.cover(w.now), unlucky && w.r.IntN(3) == 0, w.overRate():
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

// overRate reports whether the tenant has already answered 10 requests in the last second.
func (w *world) overRate() bool {
	for len(w.answered) > 0 && w.now.Sub(w.answered[0]) >= time.Second {
		w.answered = w.answered[1:]
	}
	if len(w.answered) >= 10 {
		w.refused++
		return true
	}
	w.answered = append(w.answered, w.now)
	return false
}

func answer(status int, body string) *http.Response {
	return &http.Response{
		ProtoMajor: 1, ProtoMinor: 1, StatusCode: status,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
	}
}
