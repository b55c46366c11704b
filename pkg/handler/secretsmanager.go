package handler

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// SecretsManager is the one call that a check makes to AWS; [secretsmanager.Client] has it. The answer must have a
// VersionId that changes with the value.
//
// API: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
type SecretsManager interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.GetSecretValueOutput, error)
}

// maxSecretReply bounds an answer of Secrets Manager, whose values take at most 64 KiB. The SDK would read any length.
const maxSecretReply = 1 << 20

// guard stands between the SDK and the network for one fetch. It takes answers of bounded size only, and remembers what
// the requests were signed with: AWS repeats it where it does not agree.
type guard struct {
	next secretsmanager.HTTPClient

	mu      sync.Mutex
	secrets []string
}

func (g *guard) install(o *secretsmanager.Options) {
	g.next = o.HTTPClient
	o.HTTPClient = g
}

// Do makes one attempt.
func (g *guard) Do(r *http.Request) (*http.Response, error) {
	password, login := xdr.ProxyLogin(r)
	g.mu.Lock()
	g.secrets = append(g.secrets,
		r.Header.Get("Authorization"), r.Header.Get("X-Amz-Security-Token"), password, login)
	g.mu.Unlock()
	resp, err := g.next.Do(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxSecretReply)
	}
	return resp, err
}

func (g *guard) out() xdr.Redactor {
	g.mu.Lock()
	defer g.mu.Unlock()
	return xdr.NewRedactor(g.secrets...)
}

// readSecret fetches and parses a secret. It runs on a goroutine of its own, so it catches its own panics.
func (s *Step) readSecret(ctx context.Context, id string) (_ secret, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p)
		}
	}()
	var g guard
	defer func() {
		if e, ok := errors.AsType[*Error](err); ok {
			e.told(g.out())
		}
	}()
	out, err := s.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id}, g.install)
	if err != nil {
		return secret{}, secretError(ctx, id, err)
	}
	value := out.SecretBinary
	if out.SecretString != nil {
		value = []byte(*out.SecretString)
	}
	cred, err := ParseSecret(id, value, s.AllowedOrigins)
	return secret{credentials: cred, version: *cmp.Or(out.VersionId, new(string))}, err
}

// secretError tells a failing Secrets Manager from one that says no. Without an error code there was no answer.
func secretError(ctx context.Context, id string, err error) *Error {
	code := strings.TrimSuffix(codeOf(err), "Exception")
	var answer interface{ HTTPStatusCode() int }
	switch {
	case code == "" && ctx.Err() != nil:
		return errorf(CredentialsUnavailable, noAnswerInTime+": %w", id, fetchTimeout, err)
	case slices.Contains(aboutCaller, code):
		return errorf(CredentialsUnavailable, "secret %q: AWS refuses the caller's own credentials or clock: %w", id, err)
	case code == "", isTransient(code), errors.As(err, &answer) && isTransientStatus(answer.HTTPStatusCode()):
		return errorf(CredentialsUnavailable, "secret %q: Secrets Manager is failing: %w", id, err)
	case code == "ResourceNotFound":
		return errorf(CredentialsInvalid, "secret %q does not exist in this account and region, or has no value yet; "+
			"create it, or check its name and the region: %w", id, err)
	case code == "AccessDenied":
		return errorf(CredentialsInvalid, "secret %q: access denied; "+
			"allow secretsmanager:GetSecretValue on it, and kms:Decrypt on its key: %w", id, err)
	}
	return errorf(CredentialsInvalid, "secret %q cannot be read: %w", id, err)
}

func codeOf(err error) string {
	var answer interface{ ErrorCode() string }
	if errors.As(err, &answer) {
		return answer.ErrorCode()
	}
	return ""
}

func isTransientStatus(status int) bool { return status >= 500 || status == 429 || status == 408 }

func isTransient(code string) bool {
	return slices.Contains(later, code) || strings.Contains(code, "Throttl") || strings.HasPrefix(code, "TooManyRequests")
}

// Error codes that are common to AWS services, without the "Exception" that some end in. The first kind means: your
// credentials have expired or are not known yet, or your clock is off. It says nothing of the secret.
//
// Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
var (
	aboutCaller = []string{
		"ExpiredToken", "InvalidToken", "InvalidClientTokenId", "UnrecognizedClient", "InvalidAccessKeyId",
		"MissingAuthenticationToken", "IncompleteSignature", "InvalidSignature", "SignatureDoesNotMatch",
		"RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture",
	}
	later = []string{
		"InternalServiceError", "InternalFailure", "InternalServerError", "ServiceUnavailable", "RequestTimeout",
		"RequestLimitExceeded", "LimitExceeded", "SlowDown", "PriorRequestNotComplete", "RequestAborted",
	}
)
