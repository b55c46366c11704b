package main

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// next tells what to do about an error of `secret check`.
func next(e *handler.Error, secretID string) string {
	var call *xdr.Error
	var answer interface{ ErrorCode() string } // of AWS, or of the file
	switch {
	case errors.As(e, &call) && call.Kind == xdr.NoAnswer:
		return nextWithoutAnswer(call)
	case call != nil:
		return nextOfTenant(call)
	case e.Name == handler.Internal:
		return "this is a bug here; please report it"
	case errors.As(e, &answer):
		return nextOfSecretsManager(e, answer.ErrorCode(), secretID)
	case e.Name == handler.CredentialsUnavailable:
		return "check the way out of this network, HTTPS_PROXY and AWS_ENDPOINT_URL_SECRETS_MANAGER, and AWS's status page"
	case strings.Contains(e.Message, "allow-list"):
		return "correct the address, secret/create writes the secret anew; if it is the tenant's, allow it with --allow-origin here and AllowedOrigins in the template"
	}
	return "correct that in the secret: secret/create writes it anew"
}

func nextOfSecretsManager(e *handler.Error, code, secretID string) string {
	var said interface{ ErrorMessage() string }
	var words string
	if errors.As(e, &said) {
		words = said.ErrorMessage()
	}
	switch {
	case isAboutLogin(code):
		return "log in to AWS again, and check this machine's clock"
	case e.Name == handler.CredentialsUnavailable:
		return "try again in a minute; if it stays, look at AWS's status page"
	case code == "FileError":
		return "check the path and who may read it"
	case code == "ResourceNotFoundException":
		return "make it with secret/create, or correct the name, --region or AWS_PROFILE"
	case code == "DecryptionFailure", code == "AccessDeniedException" && strings.Contains(strings.ToLower(words), "kms"):
		return "allow kms:Decrypt on the secret's KMS key, in the key's policy and the caller's"
	case code == "AccessDeniedException":
		return "allow secretsmanager:GetSecretValue on the secret"
	case code == "InvalidRequestException" && strings.Contains(words, "deletion"):
		return "aws secretsmanager restore-secret --secret-id " + secretID + " brings it back"
	}
	return "go by AWS's words above"
}

// isAboutLogin knows the error codes of AWS that are about the caller's own credentials or clock.
func isAboutLogin(code string) bool {
	parts := []string{"Token", "Signature", "AccessKey", "UnrecognizedClient", "RequestExpired", "TimeTooSkewed", "InTheFuture"}
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(code, part) })
}

func nextOfTenant(e *xdr.Error) string {
	switch status := e.StatusCode; {
	case status == http.StatusTooManyRequests && e.Kind == xdr.Refused:
		return "try again in a minute: all callers of the tenant's API share 10 requests a second"
	case status == http.StatusTooManyRequests:
		return "try again in a minute; if it stays, look at HTTPS_PROXY and whatever else is between this machine and the tenant"
	case status >= 500:
		return "try again; if it stays, api_url has a wrong path, or the tenant is down"
	case status >= 300 && status < 400:
		return "redirects are not followed: compare api_url with the address that the tenant's API Keys page shows"
	case e.Kind != xdr.Refused: // whoever it was, it was not the API
	case status == http.StatusUnauthorized && e.ClockSkew.Abs() > time.Minute:
		return "set this machine's clock, then try again"
	case status == http.StatusUnauthorized:
		return "compare the key's id and security level with the tenant's API Keys page, or make a new key; secret/create writes the secret anew"
	case status == http.StatusPaymentRequired:
		return "ask who owns the tenant's licence; the key may be right"
	case status == http.StatusForbidden:
		return "give the key's role the right to view the Action Center, or make a key with such a role"
	}
	return "compare api_url with the address that the tenant's API Keys page shows, such as https://api-acme.xdr.us.paloaltonetworks.com, and look at HTTPS_PROXY"
}

func nextWithoutAnswer(e *xdr.Error) string {
	var name *net.DNSError
	var stranger x509.UnknownAuthorityError
	switch {
	case errors.As(e, &name):
		return "check the host in api_url, then DNS"
	case errors.As(e, &stranger):
		return "if a proxy here has an authority of its own, put its certificate into the file that SSL_CERT_FILE names"
	}
	return "check api_url, the way out of this network and HTTPS_PROXY"
}
