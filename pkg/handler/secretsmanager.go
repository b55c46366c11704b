package handler

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// SecretsManager is the one call that a check makes to AWS; [secretsmanager.Client] has it. The answer must
// have a VersionId that changes with the value.
//
// API: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
type SecretsManager interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (
		*secretsmanager.GetSecretValueOutput, error)
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
		if e := (*Error)(nil); errors.As(err, &e) {
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
	var version string
	if out.VersionId != nil {
		version = *out.VersionId
	}
	cred, err := ParseSecret(id, value, s.AllowedOrigins)
	return secret{credentials: cred, version: version}, err
}

// secretError tells a failing Secrets Manager from one that says no. Without an error code there was no answer.
func secretError(ctx context.Context, id string, err error) *Error {
	var (
		answer interface{ ErrorCode() string }
		status interface{ HTTPStatusCode() int }
		code   string
	)
	if errors.As(err, &answer) {
		code = answer.ErrorCode()
	}
	switch {
	case code == "" && ctx.Err() != nil:
		return errorf(CredentialsUnavailable, noAnswerInTime+": %w", id, fetchTimeout, err)
	case isAboutCaller(code):
		return errorf(CredentialsUnavailable, "secret %q: AWS refuses the caller's own credentials or clock: %w", id, err)
	case code == "", isTransient(code), errors.As(err, &status) && isTransientStatus(status.HTTPStatusCode()):
		return errorf(CredentialsUnavailable, "secret %q: Secrets Manager is failing: %w", id, err)
	case code == "ResourceNotFoundException":
		return errorf(CredentialsInvalid, "secret %q does not exist in this account and region, or has no value yet; "+
			"create it, or check its name and the region: %w", id, err)
	case code == "AccessDeniedException":
		return errorf(CredentialsInvalid, "secret %q: access denied; "+
			"allow secretsmanager:GetSecretValue on it, and kms:Decrypt on its key: %w", id, err)
	}
	return errorf(CredentialsInvalid, "secret %q cannot be read: %w", id, err)
}

func isTransientStatus(status int) bool { return status >= 500 || status == 429 || status == 408 }

// isAboutCaller knows the error codes, common to AWS services, that mean: your credentials have expired or are not
// known yet, or your clock is off. They say nothing of the secret.
//
// Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
func isAboutCaller(code string) bool {
	switch strings.TrimSuffix(code, "Exception") {
	case "ExpiredToken", "InvalidToken", "InvalidClientTokenId", "UnrecognizedClient", "InvalidAccessKeyId",
		"MissingAuthenticationToken", "IncompleteSignature", "InvalidSignature", "SignatureDoesNotMatch",
		"RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture":
		return true
	}
	return false
}

// isTransient knows the error codes, common to AWS services, that mean: later.
//
// Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
func isTransient(code string) bool {
	switch code {
	case "InternalServiceError", "InternalServiceErrorException", "InternalFailure", "InternalServerError",
		"ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException",
		"RequestLimitExceeded", "LimitExceededException", "SlowDown", "PriorRequestNotComplete", "RequestAbortedException":
		return true
	}
	return strings.Contains(code, "Throttl") || strings.HasPrefix(code, "TooManyRequests")
}
