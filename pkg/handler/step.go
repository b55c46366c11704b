package handler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// margin is kept of a context's deadline to report in: a function that is out of time reports nothing.
const margin = 500 * time.Millisecond

// Step makes checks. Config and Secrets are required. A Step is safe for concurrent use and must not be copied.
type Step struct {
	Config
	Secrets SecretsManager
	XDR     *xdr.Client      // nil means one with the defaults of [xdr.Client]
	Log     *slog.Logger     // takes one record for each check; nil means none
	Now     func() time.Time // the clock; nil means [time.Now]
	Random  func() float64   // for jitter, from 0 to 1; nil means [rand.Float64]

	warm  atomic.Bool
	once  sync.Once
	cache secretCache
}

// Config is what an installation decides; see [DefaultConfig] for the usual values.
type Config struct {
	SecretID           string        // name or ARN of the default secret; empty: each request must name a tenant
	TenantSecretPrefix string        // prefix + tenant is the secret of a tenant; empty: tenants are refused
	SecretTTL          time.Duration // how long a secret is used before it is read again
	AllowedOrigins     []Origin      // where credentials may be sent

	Timeout      time.Duration // how long after started_at pending becomes failed, unless the request says
	MinWait      time.Duration // bounds of wait_seconds
	MaxWait      time.Duration
	WaitFraction float64       // wait_seconds as a part of the time since started_at
	EmptyGrace   time.Duration // how long a reply without agents is pending
}

// DefaultConfig is a Config without a secret; the function's environment variables start from it.
func DefaultConfig() Config {
	return Config{
		SecretTTL:      5 * time.Minute,
		AllowedOrigins: []Origin{{Scheme: "https", Host: "*.paloaltonetworks.com"}},
		Timeout:        3 * 24 * time.Hour,
		MinWait:        5 * time.Second,
		MaxWait:        10 * time.Minute,
		WaitFraction:   0.1,
		EmptyGrace:     2 * time.Minute,
	}
}

// Check asks the API once about the action that the event names, and judges the answer. The event is the JSON of
// schema/request.schema.json, or an EventBridge envelope around it. The error is always an [*Error], a panic's too.
// Secrets Manager and the API together take no longer than the context allows, less half a second to report in.
func (s *Step) Check(ctx context.Context, event []byte) (v Verdict, err error) {
	s.once.Do(s.prepare)
	rec := record{cold: !s.warm.Swap(true)}
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p)
		}
		if err != nil {
			err = s.exit(err, rec.request)
		}
		rec.write(ctx, s.Log, v, err)
	}()
	return s.check(ctx, event, &rec)
}

// Prefetch begins to read the secret of requests without a tenant, and does not wait for it: the first check finds it
// read or under way. If it fails, that check reads the secret itself.
func (s *Step) Prefetch(ctx context.Context) {
	if s.SecretID != "" {
		s.once.Do(s.prepare)
		s.cache.latest(ctx, s.SecretID, "")
	}
}

func (s *Step) prepare() {
	s.XDR = cmp.Or(s.XDR, new(xdr.Client))
	s.Log = cmp.Or(s.Log, slog.New(slog.DiscardHandler))
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Random == nil {
		s.Random = rand.Float64
	}
	s.cache = secretCache{read: s.readSecret, ttl: s.SecretTTL, now: s.Now, fetches: make(map[string]*fetch)}
}

func (s *Step) check(ctx context.Context, event []byte, rec *record) (Verdict, error) {
	r, err := parse(event)
	rec.request = r // its id is known even where something else is wrong
	if err != nil {
		return Verdict{}, err
	}
	secretID, err := r.secretID(s.Config)
	if err != nil {
		return Verdict{}, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	t, err := s.ask(ctx, r, secretID, rec)
	if err != nil {
		return Verdict{}, err
	}
	return s.verdict(r, t, rec.remark, s.Now()), nil
}

// ask makes the call, and once more where the key was refused and the secret has meanwhile changed: that is a
// rotation. Where it has not changed, the key is wrong, and asking again would not help.
func (s *Step) ask(ctx context.Context, r request, secretID string, rec *record) (*tally, error) {
	used, err := s.secret(ctx, secretID, "", rec)
	if err != nil {
		return nil, err
	}
	t, err := s.call(ctx, r, used, rec)
	refused, ok := errors.AsType[*xdr.Error](err)
	if !ok || refused.StatusCode != http.StatusUnauthorized {
		return t, err
	}
	renewed, err := s.secret(ctx, secretID, used.version, rec)
	switch {
	case err != nil:
		return nil, err
	case renewed.version == used.version:
		return nil, fmt.Errorf("%w; secret %q has not changed", refused, secretID)
	}
	return s.call(ctx, r, renewed, rec)
}

func (s *Step) secret(ctx context.Context, id, rejected string, rec *record) (secret, error) {
	began := s.Now()
	value, freshness, err := s.cache.get(ctx, id, rejected)
	rec.freshness = freshness
	rec.secretTime += s.Now().Sub(began)
	return value, err
}

func (s *Step) call(ctx context.Context, r request, with secret, rec *record) (*tally, error) {
	began := s.Now()
	t := newTally(r)
	remark, err := s.XDR.GetActionStatus(ctx, with.credentials, r.id, t)
	rec.remark = remark
	rec.apiCalls++
	rec.apiTime += s.Now().Sub(began)
	return t, err
}
