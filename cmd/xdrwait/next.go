package main

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// answer is an error of AWS, or of a file, that has a code: someone has said no.
type answer interface {
	error
	ErrorCode() string
}

const nextWithoutAWS = "check the way out of this network, HTTPS_PROXY and AWS_ENDPOINT_URL_SECRETS_MANAGER, " +
	"and AWS's status page"

// next tells what to do about an error of `secret check` or `secret create`.
func next(e *handler.Error, secretID string) string {
	call, isTenant := errors.AsType[*xdr.Error](e)
	no, isAnswer := errors.AsType[answer](e)
	switch {
	case e.Advice != "":
		return e.Advice
	case isTenant:
		return nextOfTenant(call)
	case e.Name == handler.Internal:
		return "this is a bug here; please report it"
	case isAnswer && e.Temporary() && !isAboutLogin(no.ErrorCode()):
		return "try again in a minute; if it stays, look at AWS's status page"
	case isAnswer:
		return nextOfAWS(no.ErrorCode(), secretID, "secretsmanager:GetSecretValue on the secret, and kms:Decrypt")
	case e.Name == handler.CredentialsUnavailable:
		return nextWithoutAWS
	case errors.Is(e, handler.ErrOrigin):
		return "correct the address; if it is the tenant's, allow it: --allow-origin here, AllowedOrigins in the template"
	}
	return "correct that with xdrwait secret create"
}

// nextOfWrite tells what to do where the secret cannot be written.
func nextOfWrite(err error, secretID string) string {
	no, ok := errors.AsType[answer](err)
	if !ok {
		return nextWithoutAWS
	}
	return nextOfAWS(no.ErrorCode(), secretID, "secretsmanager:CreateSecret and PutSecretValue (UpdateSecret with "+
		"--kms-key-id) on the secret, and kms:GenerateDataKey and kms:Decrypt")
}

// nextOfAWS goes by the code of AWS's answer, or the file's. rights are what the call needs.
func nextOfAWS(code, secretID, rights string) string {
	switch {
	case isAboutLogin(code):
		return "log in to AWS again, and check this machine's clock"
	case code == "FileError":
		return "check the path and who may read it"
	case code == "ResourceNotFoundException":
		return "make it with xdrwait secret create, or correct the name, --region or AWS_PROFILE"
	case code == "AccessDeniedException", code == "DecryptionFailure", code == "EncryptionFailure":
		return "allow " + rights + " on its KMS key if it has one of its own"
	case code == "InvalidRequestException":
		return "if it is marked for deletion, bring it back: aws secretsmanager restore-secret --secret-id " + secretID
	}
	return "go by AWS's words above"
}

// isAboutLogin knows the error codes of AWS that are about the caller's own credentials or clock.
func isAboutLogin(code string) bool {
	parts := []string{
		"Token", "Signature", "AccessKey", "UnrecognizedClient", "RequestExpired", "TimeTooSkewed", "InTheFuture",
	}
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(code, part) })
}

func nextOfTenant(e *xdr.Error) string {
	_, noHost := errors.AsType[*net.DNSError](e)
	_, noAuthority := errors.AsType[x509.UnknownAuthorityError](e)
	switch status := e.StatusCode; {
	case noHost:
		return "check the host in api_url, then DNS"
	case noAuthority:
		return "if a proxy here has an authority of its own, put its certificate into the file that SSL_CERT_FILE names"
	case e.Kind == xdr.NoAnswer:
		return "check api_url, the way out of this network and HTTPS_PROXY"
	case status == http.StatusTooManyRequests && e.Kind == xdr.Refused:
		return "try again in a minute: all callers of the tenant's API share 10 requests a second"
	case status == http.StatusTooManyRequests:
		return "try again in a minute; if it stays, look at HTTPS_PROXY and what else is between here and the tenant"
	case status >= 500:
		return "try again; if it stays, api_url has a wrong path, or the tenant is down"
	case status >= 300 && status < 400:
		return "redirects are not followed: compare api_url with the address that the tenant's API Keys page shows"
	}
	return "compare api_url with the address that the tenant's API Keys page shows, " +
		"such as https://api-acme.xdr.us.paloaltonetworks.com, and look at HTTPS_PROXY"
}
