package handler

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

const (
	fetchTimeout = 5 * time.Second  // for one fetch, the SDK's own retries included
	staleFor     = 30 * time.Second // how long a stale value is used before the next attempt to renew it

	noAnswerInTime = "secret %q: Secrets Manager did not answer within %v"
)

// secret is what Secrets Manager stores, parsed, and which version of it.
type secret struct {
	credentials xdr.Credentials
	version     string
}

// freshness says how a check came by its secret.
type freshness string

const (
	cached  freshness = "cached"
	fetched freshness = "fetched"
	stale   freshness = "stale" // Secrets Manager is failing; the last good value is used
)

// secretCache keeps the secrets of a warm process: for each its last fetch, under way or done.
type secretCache struct {
	read func(ctx context.Context, id string) (secret, error)
	ttl  time.Duration
	now  func() time.Time

	mu      sync.Mutex
	fetches map[string]*fetch
}

// get returns the secret with this id. rejected is the version that the API has just refused, or "": that one is not
// taken from the cache. A fetch that was under way may have read the secret before it was replaced, or have failed
// before the sandbox was frozen: where it does not help, there is one more.
func (c *secretCache) get(ctx context.Context, id, rejected string) (secret, freshness, error) {
	f, freshness := c.latest(ctx, id, rejected)
	err := f.wait(ctx, id)
	if err == nil && freshness == "" && !f.helps(rejected) {
		f, freshness = c.latest(ctx, id, rejected)
		err = f.wait(ctx, id)
	}
	switch {
	case err != nil:
		return secret{}, "", err
	case f.freshness == "" || f.freshness == stale && !f.helps(rejected):
		return secret{}, "", f.err
	case f.freshness == fetched && freshness == cached:
		return f.value, cached, nil
	}
	return f.value, f.freshness, nil
}

// latest returns the fetch to wait for: the last one while its value is good (cached), a new one (fetched), or the one
// that is under way ("").
func (c *secretCache) latest(ctx context.Context, id, rejected string) (*fetch, freshness) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.fetches[id]
	switch {
	case last == nil:
	case !last.isDone():
		return last, ""
	case c.now().Before(last.expires) && last.helps(rejected):
		return last, cached
	}
	f := &fetch{done: make(chan struct{})}
	c.fetches[id] = f
	go c.fetch(context.WithoutCancel(ctx), id, f, last)
	return f, fetched
}

// fetch reads the secret into f. While Secrets Manager is failing the last good value stays in use; where the answer
// is no, it does not.
func (c *secretCache) fetch(ctx context.Context, id string, f, last *fetch) {
	defer close(f.done)
	f.value, f.err = c.readInTime(ctx, id)
	now := c.now().Round(0) // without its monotonic reading, which may stand still while a sandbox is frozen
	switch {
	case f.err == nil:
		f.freshness = fetched
		f.expires = now.Add(c.ttl)
	case last != nil && classified(f.err).Name == CredentialsUnavailable:
		f.value = last.value
		f.freshness = stale
		f.expires = now.Add(min(staleFor, c.ttl))
	default:
		c.mu.Lock()
		delete(c.fetches, id)
		c.mu.Unlock()
	}
}

// readInTime ends with its context, even where the read does not: every later check would wait for it.
func (c *secretCache) readInTime(ctx context.Context, id string) (secret, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	var value secret
	came := make(chan error, 1)
	go func() {
		var err error
		value, err = c.read(ctx, id)
		came <- err
	}()
	select {
	case err := <-came:
		return value, err
	case <-ctx.Done():
		return secret{}, errorf(CredentialsUnavailable, noAnswerInTime, id, fetchTimeout)
	}
}

// fetch is one read of a secret. Every check that needs the secret meanwhile waits for the same one; it goes on when a
// check gives up. The fields below done are set before done is closed.
type fetch struct {
	done      chan struct{}
	value     secret
	freshness freshness // fetched, stale, or "" where there is no value
	expires   time.Time
	err       error // why the value is not fresh, or missing
}

func (f *fetch) isDone() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// helps reports whether a fetch that is done has brought a value other than the one that was rejected.
func (f *fetch) helps(rejected string) bool {
	return f.freshness != "" && (rejected == "" || f.value.version != rejected)
}

// wait ends with the check's time, unless the fetch is done already.
func (f *fetch) wait(ctx context.Context, id string) error {
	select {
	case <-f.done:
	case <-ctx.Done():
	}
	if f.isDone() {
		return nil
	}
	why := "the check was cancelled"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		why = "the function's time is nearly up"
	}
	return errorf(CredentialsUnavailable, "secret %q: no answer from Secrets Manager: %s", id, why)
}
