package handler

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// secretsFunc is a Secrets Manager that has a good secret in the version that it returns, or an error.
type secretsFunc func(ctx context.Context) (version string, err error)

func (f secretsFunc) GetSecretValue(
	ctx context.Context, _ *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error) {
	version, err := f(ctx)
	if err != nil {
		return nil, err
	}
	value := `{"api_url":"https://api-acme.xdr.us.paloaltonetworks.com","api_key_id":"7","api_key":"k","security_level":"advanced"}`
	out := &secretsmanager.GetSecretValueOutput{SecretString: &value}
	if version != "" {
		out.VersionId = &version
	}
	return out, nil
}

func newSecretStep(f secretsFunc) *Step {
	return &Step{Config: DefaultConfig(), Secrets: f, Now: time.Now}
}

// onDemand answers each call when the test sends it a version.
func onDemand() (*Step, chan string) {
	v := make(chan string)
	return newSecretStep(func(ctx context.Context) (string, error) {
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

func (s *Step) later(ctx context.Context, rejected string) chan got {
	c := make(chan got, 1)
	go func() {
		s.once.Do(s.prepare)
		value, freshness, err := s.cache.get(ctx, "id", rejected)
		c <- got{value.version, freshness, err}
	}()
	synctest.Wait()
	return c
}

// A fetch that was under way when the API refused a version may have begun before the rotation. What it brings
// must not be taken for "the secret has not changed". The same version twice is the end, also for those that only joined.
func TestRefreshDoesNotTrustAnOlderFetch(t *testing.T) {
	t.Parallel()
	for _, second := range []string{"2", "1"} {
		synctest.Test(t, func(t *testing.T) {
			s, v := onDemand()
			early := s.later(t.Context(), "")
			refused := []chan got{s.later(t.Context(), "1"), s.later(t.Context(), "1")}
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
			if g := <-s.later(t.Context(), ""); g != (got{second, cached, nil}) {
				t.Errorf("%+v", g)
			}
		})
	}
}

// A read that does not end in time is given up, also where it does not hear its context: it does not keep later checks.
func TestSilentSecretsManager(t *testing.T) {
	t.Parallel()
	for _, hears := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			end := make(chan struct{})
			defer close(end)
			s := newSecretStep(func(ctx context.Context) (string, error) {
				if hears {
					<-ctx.Done()
				} else {
					<-end
				}
				return "", context.DeadlineExceeded
			})
			for range 2 {
				began := time.Now()
				g := <-s.later(t.Context(), "")
				if g.err == nil || classified(g.err).Name != CredentialsUnavailable || time.Since(began) != fetchTimeout {
					t.Errorf("hears %v: %+v after %v", hears, g, time.Since(began))
				}
			}
		})
	}
}

// A check that has no more time says so, and the fetch goes on without it.
func TestCheckGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, v := onDemand()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		cancelled, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		gaveUp := []chan got{s.later(short, ""), s.later(cancelled, "")}
		for i, why := range []string{"the function's time is nearly up", "the check was cancelled"} {
			err := classified((<-gaveUp[i]).err)
			if err.Name != CredentialsUnavailable || !strings.HasSuffix(err.Error(), why) {
				t.Error(err)
			}
		}
		v <- "" // some other store may have no versions
		synctest.Wait()
		if g := <-s.later(t.Context(), ""); g != (got{"", cached, nil}) {
			t.Errorf("%+v", g)
		}
	})
}

// Whoever joined a fetch that failed makes one more: the first may have begun before the sandbox was frozen.
func TestJoinerOfAFailedFetchTriesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, v := onDemand()
		began := s.later(t.Context(), "")
		time.Sleep(fetchTimeout - time.Millisecond)
		joined := s.later(t.Context(), "")
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
	s := newSecretStep(func(context.Context) (string, error) { return "1", nil })
	s.once.Do(s.prepare)
	_, _, err := s.cache.get(t.Context(), "id", "")
	if expires := s.cache.fetches["id"].expires; err != nil || expires != expires.Round(0) {
		t.Errorf("expires at %s, %v", expires, err)
	}
}

// A stale value is tried anew after its time: half a minute, or the TTL where that is shorter.
func TestStaleValueHasItsTime(t *testing.T) {
	t.Parallel()
	for ttl, next := range map[time.Duration]time.Duration{5 * time.Minute: staleFor, 10 * time.Second: 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			s := newSecretStep(func(context.Context) (string, error) {
				if calls++; calls > 1 {
					return "", apiError{"ThrottlingException", 400}
				}
				return "1", nil
			})
			s.SecretTTL = ttl
			<-s.later(t.Context(), "")
			for i, c := range []struct {
				after     time.Duration
				freshness freshness
				calls     int
			}{{ttl - 1, cached, 1}, {1, stale, 2}, {next - 1, stale, 2}, {1, stale, 3}} {
				time.Sleep(c.after)
				if g := <-s.later(t.Context(), ""); g.freshness != c.freshness || g.err != nil || calls != c.calls {
					t.Errorf("TTL %v, step %d: %+v after %d calls, want %s after %d", ttl, i, g, calls, c.freshness, c.calls)
				}
			}
		})
	}
}

// Checks that share a fetch share its error, and each says its own action. The first begins a fetch, and the two that
// joined it share another.
func TestSharedErrorIsNotChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		deny := make(chan struct{})
		s := newSecretStep(func(context.Context) (string, error) {
			<-deny
			return "", apiError{"AccessDeniedException", 400}
		})
		s.Log, s.SecretID = slog.New(slog.DiscardHandler), "id"
		errs := make(chan error)
		for id := range 3 {
			go func() {
				_, err := s.Check(t.Context(), fmt.Appendf(nil, `{"group_action_id":%d}`, id+1))
				errs <- err
			}()
		}
		for range 2 {
			synctest.Wait()
			deny <- struct{}{}
		}
		said := ""
		for range 3 {
			said += (<-errs).Error()
		}
		for _, id := range []string{"1", "2", "3"} {
			mine := strings.Count(said, "XDR.CredentialsInvalid: group_action_id "+id+": secret ")
			if mine != 1 || strings.Count(said, "group_action_id") != 3 {
				t.Errorf("action %s: %s", id, said)
			}
		}
	})
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
