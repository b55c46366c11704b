package handler

import (
	"context"
	"sync"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

const (
	fetchTimeout = 5 * time.Second  // for one fetch, the SDK's own retries included
	staleFor     = 30 * time.Second // how long a stale value is used before the next attempt to renew it
)

// secret is a secret's value, parsed, and which version of it.
type secret struct {
	cred    xdr.Credentials
	version string
}

// source says where a check's secret came from.
type source string

const (
	cached  source = "cached"
	fetched source = "fetched"
	stale   source = "stale" // Secrets Manager is failing; the last good value is used
)

// secretCache keeps the secrets of a warm process: for each its last fetch, under way or done.
type secretCache struct {
	mu      sync.Mutex
	fetches map[string]*fetch
}

// fetch is one read of a secret. Every check that needs the secret meanwhile waits for the same one; it goes on
// when a check gives up. The fields below done are set before done is closed.
type fetch struct {
	done    chan struct{}
	value   secret
	from    source // fetched, stale, or "" where there is no value
	expires time.Time
	err     error // why the value is not fresh, or missing
}

func (f *fetch) isDone() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// secret returns the secret with this id. rejected is the version that the API has just refused, or "": that one is
// not taken from the cache. A fetch that was under way may have read the secret before it was replaced, or have failed
// before the sandbox was frozen: where it does not help, there is one more.
func (s *Step) secret(ctx context.Context, id, rejected string) (secret, source, error) {
	for round := 0; ; round++ {
		f, from, began := s.latest(ctx, id, rejected)
		select {
		case <-f.done:
		case <-ctx.Done():
			if !f.isDone() { // what is there already needs no time
				return secret{}, "", errorf(CredentialsUnavailable, "secret %q: no answer from Secrets Manager: %s", id, whyEnded(ctx))
			}
		}
		last := began || round > 0
		switch {
		case f.from == "" && !last: // it failed, perhaps for reasons from before this check
		case f.from == "", f.from == stale && rejected != "" && f.value.version == rejected:
			return secret{}, "", f.err
		case rejected == "" || f.value.version != rejected || last:
			if from == "" || f.from == stale {
				from = f.from
			}
			return f.value, from, nil
		}
	}
}

// latest returns the fetch to wait for: the last one while its value is good, the one under way, or a new one.
func (s *Step) latest(ctx context.Context, id, rejected string) (f *fetch, from source, began bool) {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	last := s.cache.fetches[id]
	switch {
	case last == nil:
	case !last.isDone():
		return last, "", false
	case s.Now().Before(last.expires) && (rejected == "" || last.value.version != rejected):
		return last, cached, false
	}
	f = &fetch{done: make(chan struct{})}
	if s.cache.fetches == nil {
		s.cache.fetches = make(map[string]*fetch)
	}
	s.cache.fetches[id] = f
	go s.fetch(context.WithoutCancel(ctx), id, f, last)
	return f, "", true
}

// fetch reads the secret into f. While Secrets Manager is failing the last good value stays in use; where the answer
// is no, it does not.
func (s *Step) fetch(ctx context.Context, id string, f, last *fetch) {
	defer close(f.done)
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	value, err := s.readInTime(ctx, id)
	f.err = err
	switch {
	case err == nil:
		f.value, f.from, f.expires = value, fetched, s.wallClock().Add(s.SecretTTL)
	case last != nil && last.from != "" && classified(err).Name == CredentialsUnavailable:
		f.value, f.from, f.expires = last.value, stale, s.wallClock().Add(min(staleFor, s.SecretTTL))
	default:
		s.cache.mu.Lock()
		delete(s.cache.fetches, id)
		s.cache.mu.Unlock()
	}
}

// readInTime ends with its context, even where the read does not: every later check would wait for it.
func (s *Step) readInTime(ctx context.Context, id string) (secret, error) {
	type result struct {
		value secret
		err   error
	}
	came := make(chan result, 1)
	go func() {
		value, err := s.readSecret(ctx, id)
		came <- result{value, err}
	}()
	select {
	case r := <-came:
		return r.value, r.err
	case <-ctx.Done():
		return secret{}, errorf(CredentialsUnavailable, "secret %q: Secrets Manager did not answer within %v", id, fetchTimeout)
	}
}

// wallClock is Now without its monotonic reading, which may stand still while a sandbox is frozen.
func (s *Step) wallClock() time.Time { return s.Now().Round(0) }
