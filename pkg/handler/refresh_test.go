package handler

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// newCache is a cache of secrets that have only a version.
func newCache(read func(context.Context) (version string, err error)) *secretCache {
	return &secretCache{
		ttl: 5 * time.Minute, now: time.Now, fetches: make(map[string]*fetch),
		read: func(ctx context.Context, _ string) (secret, error) {
			version, err := read(ctx)
			return secret{version: version}, err
		},
	}
}

// onDemand answers each read when the test sends it a version.
func onDemand() (*secretCache, chan string) {
	v := make(chan string)
	return newCache(func(ctx context.Context) (string, error) {
		select {
		case version := <-v:
			return version, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}), v
}

type got struct {
	version   string
	freshness freshness
	err       error
}

func (c *secretCache) later(ctx context.Context, rejected string) chan got {
	came := make(chan got, 1)
	go func() {
		value, freshness, err := c.get(ctx, "id", rejected)
		came <- got{value.version, freshness, err}
	}()
	synctest.Wait()
	return came
}

// A fetch that was under way when the API refused a version may have begun before the rotation. What it brings must not
// be taken for "the secret has not changed". The same version twice is the end, also for those that only joined.
func TestRefreshDoesNotTrustAnOlderFetch(t *testing.T) {
	t.Parallel()
	for _, second := range []string{"2", "1"} {
		synctest.Test(t, func(t *testing.T) {
			c, v := onDemand()
			early := c.later(t.Context(), "")
			refused := []chan got{c.later(t.Context(), "1"), c.later(t.Context(), "1")}
			v <- "1" // read before the rotation
			synctest.Wait()
			if g := <-early; g != (got{"1", fetched, nil}) {
				t.Errorf("%+v", g)
			}
			v <- second // one more fetch serves both
			synctest.Wait()
			for _, r := range refused {
				if g := <-r; g != (got{second, fetched, nil}) {
					t.Errorf("%+v", g)
				}
			}
			if g := <-c.later(t.Context(), ""); g != (got{second, cached, nil}) {
				t.Errorf("%+v", g)
			}
		})
	}
}

// A read that does not end, and does not hear its context, does not keep the later checks.
func TestDeafSecretsManager(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		end := make(chan string)
		defer close(end)
		c := newCache(func(context.Context) (string, error) { return <-end, nil })
		for range 2 {
			began := time.Now()
			g := <-c.later(t.Context(), "")
			if g.err == nil || classified(g.err).Name != CredentialsUnavailable || time.Since(began) != fetchTimeout {
				t.Errorf("%+v after %v", g, time.Since(began))
			}
		}
	})
}

// A check that has no more time says so, and the fetch goes on without it. What is in the cache takes no time, so that
// it is the API of which such a check says that it did not answer.
func TestCheckGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, v := onDemand()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		cancelled, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		gaveUp := []chan got{c.later(short, ""), c.later(cancelled, "")}
		for i, why := range []string{"the function's time is nearly up", "the check was cancelled"} {
			err := classified((<-gaveUp[i]).err)
			if err.Name != CredentialsUnavailable || !strings.HasSuffix(err.Error(), why) {
				t.Error(err)
			}
		}
		v <- "1"
		synctest.Wait()
		for range 60 {
			if g := <-c.later(short, ""); g != (got{"1", cached, nil}) {
				t.Errorf("%+v", g)
			}
		}
	})
}

// Whoever joined a fetch that failed makes one more: the first may have begun before the sandbox was frozen.
func TestJoinerOfAFailedFetchTriesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, v := onDemand()
		began := c.later(t.Context(), "")
		time.Sleep(fetchTimeout - time.Millisecond)
		joined := c.later(t.Context(), "")
		if g := <-began; g.err == nil {
			t.Errorf("%+v", g)
		}
		synctest.Wait()
		v <- "1"
		if g := <-joined; g != (got{"1", fetched, nil}) {
			t.Errorf("%+v", g)
		}
	})
}

// The wall clock decides: the monotonic one may stand still while a sandbox is frozen.
func TestExpiryIsOnTheWallClock(t *testing.T) {
	t.Parallel()
	c := newCache(func(context.Context) (string, error) { return "1", nil })
	_, _, err := c.get(t.Context(), "id", "")
	if expires := c.fetches["id"].expires; err != nil || expires != expires.Round(0) {
		t.Errorf("expires at %s, %v", expires, err)
	}
}

// A stale value is tried anew after its time: half a minute, or the TTL where that is shorter.
func TestStaleValueHasItsTime(t *testing.T) {
	t.Parallel()
	for ttl, next := range map[time.Duration]time.Duration{5 * time.Minute: staleFor, 10 * time.Second: 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			c := newCache(func(context.Context) (string, error) {
				if calls++; calls > 1 {
					return "", &Error{Name: CredentialsUnavailable}
				}
				return "1", nil
			})
			c.ttl = ttl
			<-c.later(t.Context(), "")
			for i, step := range []struct {
				after     time.Duration
				freshness freshness
				calls     int
			}{{ttl - 1, cached, 1}, {1, stale, 2}, {next - 1, stale, 2}, {1, stale, 3}} {
				time.Sleep(step.after)
				if g := <-c.later(t.Context(), ""); g.freshness != step.freshness || g.err != nil || calls != step.calls {
					t.Errorf("TTL %v, step %d: %+v after %d calls, want %s after %d", ttl, i, g, calls, step.freshness, step.calls)
				}
			}
		})
	}
}

// Checks that share a fetch share its error, and each says its own action.
func TestSharedErrorIsNotChanged(t *testing.T) {
	t.Parallel()
	s := Step{Now: time.Now}
	shared := &Error{Name: CredentialsInvalid, Message: "m"}
	for _, id := range []int64{1, 2} {
		err := s.exit(shared, request{id: id})
		if err.GroupActionID != id || shared.GroupActionID != 0 {
			t.Errorf("%v of %v", err, shared)
		}
	}
}

func TestSecretErrors(t *testing.T) {
	t.Parallel()
	for want, codes := range map[ErrorName]string{ // each as code/status
		CredentialsInvalid: "AccessDeniedException ResourceNotFoundException DecryptionFailure InvalidRequestException NotAuthorized Odd/404",
		CredentialsUnavailable: "ThrottlingException Throttling TooManyRequestsException InternalServiceError InternalFailure ServiceUnavailable " +
			"RequestTimeout RequestLimitExceeded SlowDown ExpiredTokenException ExpiredToken UnrecognizedClientException InvalidSignatureException " +
			"SignatureDoesNotMatch RequestExpired RequestTimeTooSkewed InvalidClientTokenId MissingAuthenticationTokenException IncompleteSignature " +
			"Odd/500 Odd/503 Odd/429 Odd/408 /400", // without a code there was no answer
	} {
		for said := range strings.FieldsSeq(codes) {
			code, status, _ := strings.Cut(said, "/")
			number, _ := strconv.Atoi(cmp.Or(status, "400"))
			if got := secretError(t.Context(), "id", apiError{code, number}); got.Name != want {
				t.Errorf("%s: %s, want %s", said, got.Name, want)
			}
		}
	}
}

// apiError looks like an error of the SDK.
type apiError struct {
	code   string
	status int
}

func (e apiError) Error() string       { return e.code }
func (e apiError) ErrorCode() string   { return e.code }
func (e apiError) HTTPStatusCode() int { return e.status }
