package handler

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// versions is a Secrets Manager that answers each call when the test sends it a version.
type versions chan string

func (v versions) GetSecretValue(ctx context.Context, _ *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	value := `{"api_url":"https://api-acme.xdr.us.paloaltonetworks.com","api_key_id":"7","api_key":"k","security_level":"advanced"}`
	select {
	case version := <-v:
		return &secretsmanager.GetSecretValueOutput{SecretString: &value, VersionId: &version}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
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

func newSecretStep() (*Step, versions) {
	v := make(versions)
	return &Step{Config: DefaultConfig(), Secrets: v, Now: time.Now}, v
}

// A fetch that was under way when the API refused a version may have begun before the rotation. What it brings
// must not be taken for "the secret has not changed".
func TestRefreshDoesNotTrustAnOlderFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, v := newSecretStep()
		early := s.later(t.Context(), "")
		refused := []chan got{s.later(t.Context(), "1"), s.later(t.Context(), "1")}
		v <- "1" // read before the rotation
		synctest.Wait()
		if g := <-early; g.version != "1" || g.freshness != fetched || g.err != nil {
			t.Errorf("%+v", g)
		}
		v <- "2" // one more fetch serves both
		synctest.Wait()
		for _, r := range refused {
			if g := <-r; g.version != "2" || g.freshness != fetched || g.err != nil {
				t.Errorf("%+v", g)
			}
		}
		if g := <-s.later(t.Context(), "1"); g.version != "2" || g.freshness != cached {
			t.Errorf("%+v", g)
		}
	})
}

// The same version twice is the end, also for those that only joined.
func TestRefreshEndsWhenNothingChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, v := newSecretStep()
		early := s.later(t.Context(), "")
		refused := []chan got{s.later(t.Context(), "1"), s.later(t.Context(), "1")}
		v <- "1"
		synctest.Wait()
		<-early
		v <- "1"
		synctest.Wait()
		for _, r := range refused {
			if g := <-r; g.version != "1" || g.err != nil {
				t.Errorf("%+v", g)
			}
		}
	})
}

func TestSilentSecretsManager(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, v := newSecretStep()
		began := time.Now()
		g := <-s.later(t.Context(), "")
		if g.err == nil || classified(g.err).Name != CredentialsUnavailable || time.Since(began) != fetchTimeout {
			t.Errorf("%+v after %v", g, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if g := <-s.later(ctx, ""); g.err == nil || classified(g.err).Name != CredentialsUnavailable {
			t.Errorf("%+v", g)
		}
		v <- "1" // the fetch goes on without the check that gave up
		synctest.Wait()
		if g := <-s.later(t.Context(), ""); g.version != "1" || g.freshness != cached {
			t.Errorf("%+v", g)
		}
	})
}

// deaf is a Secrets Manager whose answer never comes and that does not hear its context, until it is closed.
type deaf chan struct{}

func (d deaf) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	<-d
	return nil, context.Canceled
}

// A read that never ends does not keep the later checks.
func TestDeafSecretsManager(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := make(deaf)
		defer close(d)
		s := &Step{Config: DefaultConfig(), Secrets: d, Now: time.Now}
		for range 2 {
			began := time.Now()
			g := <-s.later(t.Context(), "")
			if g.err == nil || classified(g.err).Name != CredentialsUnavailable || time.Since(began) != fetchTimeout {
				t.Errorf("%+v after %v", g, time.Since(began))
			}
		}
	})
}

// Whoever joined a fetch that failed makes one more: the first may have begun before the sandbox was frozen.
func TestJoinerOfAFailedFetchTriesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, v := newSecretStep()
		began := s.later(t.Context(), "")
		time.Sleep(fetchTimeout - time.Millisecond)
		joined := s.later(t.Context(), "")
		if g := <-began; g.err == nil {
			t.Errorf("%+v", g)
		}
		synctest.Wait()
		v <- "1"
		if g := <-joined; g.version != "1" || g.freshness != fetched {
			t.Errorf("%+v", g)
		}
	})
}

// failing is a Secrets Manager that answers once and is down from then on.
type failing struct{ calls int }

func (f *failing) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	if f.calls++; f.calls > 1 {
		return nil, apiError{"ThrottlingException", 400}
	}
	value := `{"api_url":"https://api-acme.xdr.us.paloaltonetworks.com","api_key_id":"7","api_key":"k","security_level":"advanced"}`
	return &secretsmanager.GetSecretValueOutput{SecretString: &value}, nil
}

// A stale value is tried anew after its time: half a minute, or the TTL where that is shorter.
func TestStaleValueHasItsTime(t *testing.T) {
	t.Parallel()
	for ttl, next := range map[time.Duration]time.Duration{5 * time.Minute: staleFor, 10 * time.Second: 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			secrets := new(failing)
			s := &Step{Config: DefaultConfig(), Secrets: secrets, Now: time.Now}
			s.SecretTTL = ttl
			<-s.later(t.Context(), "")
			for i, c := range []struct {
				after     time.Duration
				freshness freshness
				calls     int
			}{{ttl - 1, cached, 1}, {1, stale, 2}, {next - 1, stale, 2}, {1, stale, 3}} {
				time.Sleep(c.after)
				if g := <-s.later(t.Context(), ""); g.freshness != c.freshness || g.err != nil || secrets.calls != c.calls {
					t.Errorf("TTL %v, step %d: %+v after %d calls, want %s after %d", ttl, i, g, secrets.calls, c.freshness, c.calls)
				}
			}
		})
	}
}

// denying says no, once it is asked to.
type denying chan struct{}

func (d denying) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	<-d
	return nil, apiError{"AccessDeniedException", 400}
}

// Checks that share a fetch share its error, and each says its own action. The first begins a fetch, and the two that
// joined it share another.
func TestSharedErrorIsNotChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := make(denying)
		s := &Step{Config: DefaultConfig(), Secrets: d, Log: slog.New(slog.DiscardHandler), Now: time.Now}
		s.SecretID = "id"
		errs := make(chan error)
		for id := range 3 {
			go func() {
				_, err := s.Check(t.Context(), fmt.Appendf(nil, `{"group_action_id":%d}`, id+1))
				errs <- err
			}()
		}
		for range 2 {
			synctest.Wait()
			d <- struct{}{}
		}
		ids := map[string]bool{}
		for range 3 {
			id, rest, _ := strings.Cut((<-errs).Error(), ": secret ")
			ids[id] = true
			if strings.Contains(rest, "group_action_id") {
				t.Error(rest)
			}
		}
		for _, id := range []string{"1", "2", "3"} {
			if !ids["XDR.CredentialsInvalid: group_action_id "+id] {
				t.Errorf("%v", ids)
			}
		}
	})
}

// The wall clock decides: the monotonic one may stand still while a sandbox is frozen.
func TestExpiryIsOnTheWallClock(t *testing.T) {
	t.Parallel()
	s := &Step{Config: DefaultConfig(), Secrets: new(failing), Now: time.Now}
	s.once.Do(s.prepare)
	if _, _, err := s.cache.get(t.Context(), "id", ""); err != nil {
		t.Fatal(err)
	}
	if expires := s.cache.fetches["id"].expires.String(); strings.Contains(expires, " m=") || !strings.Contains(time.Now().String(), " m=") {
		t.Errorf("expires at %s", expires)
	}
}

// Some other store than Secrets Manager may have no versions; its values are cached all the same.
func TestSecretWithoutVersionIsCached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, v := newSecretStep()
		first := s.later(t.Context(), "")
		v <- ""
		if g := <-first; g.freshness != fetched {
			t.Errorf("%+v", g)
		}
		if g := <-s.later(t.Context(), ""); g.freshness != cached {
			t.Errorf("%+v", g)
		}
	})
}

func TestSecretErrors(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]ErrorName{
		"ThrottlingException": CredentialsUnavailable, "Throttling": CredentialsUnavailable, "TooManyRequestsException": CredentialsUnavailable,
		"InternalServiceError": CredentialsUnavailable, "InternalFailure": CredentialsUnavailable, "ServiceUnavailable": CredentialsUnavailable,
		"RequestTimeout": CredentialsUnavailable, "RequestLimitExceeded": CredentialsUnavailable, "SlowDown": CredentialsUnavailable, "": CredentialsUnavailable,
		"AccessDeniedException": CredentialsInvalid, "ResourceNotFoundException": CredentialsInvalid, "DecryptionFailure": CredentialsInvalid,
		"InvalidRequestException": CredentialsInvalid, "ExpiredTokenException": CredentialsUnavailable, "ExpiredToken": CredentialsUnavailable,
		"UnrecognizedClientException": CredentialsUnavailable, "InvalidSignatureException": CredentialsUnavailable, "SignatureDoesNotMatch": CredentialsUnavailable,
		"RequestExpired": CredentialsUnavailable, "RequestTimeTooSkewed": CredentialsUnavailable, "InvalidClientTokenId": CredentialsUnavailable,
		"MissingAuthenticationTokenException": CredentialsUnavailable, "IncompleteSignature": CredentialsUnavailable, "NotAuthorized": CredentialsInvalid,
	} {
		if got := secretError(t.Context(), "id", apiError{code, 400}); got.Name != want {
			t.Errorf("%q: %s, want %s", code, got.Name, want)
		}
	}
	for status, want := range map[int]ErrorName{503: CredentialsUnavailable, 429: CredentialsUnavailable, 408: CredentialsUnavailable, 404: CredentialsInvalid} {
		if got := secretError(t.Context(), "id", apiError{"Strange", status}); got.Name != want {
			t.Errorf("%d: %s", status, got.Name)
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
