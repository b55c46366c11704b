package main

import (
	"context"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/soarstep/xdr-action-status/pkg/handler"
	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// function is the step as Lambda calls it. It takes the event's bytes as they are: the runtime's own decoding
// lets null, duplicate keys and trailing data pass.
type function struct{ step *handler.Step }

func newFunction(lookup func(string) string) (function, error) {
	s, err := readEnv(lookup)
	if err != nil {
		return function{}, err
	}
	transport := newUsualFirst(s.httpTimeout)
	return function{&handler.Step{
		Config:  s.step,
		Secrets: secretsManager(s.aws, transport),
		XDR: &xdr.Client{
			Transport:     transport,
			Timeout:       s.httpTimeout,
			MaxReplyBytes: s.maxReplyBytes,
		},
		Log: lambdacontext.NewLogger(),
	}}, nil
}

// secretsManager builds the client directly: the environment holds all that config.LoadDefaultConfig would look for.
func secretsManager(s awsSettings, t http.RoundTripper) *secretsmanager.Client {
	o := secretsmanager.Options{
		Region:      s.region,
		HTTPClient:  xdr.FinalOnly{RoundTripper: t}, // it follows no redirects
		Credentials: aws.CredentialsProviderFunc(s.credentials),
		Retryer:     retry.AddWithMaxBackoffDelay(retry.NewStandard(), 2*time.Second), // three attempts end within a fetch
	}
	switch {
	case s.endpoint != "": // it wins: the SDK refuses both together
		o.BaseEndpoint = &s.endpoint
	case s.fips:
		o.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
	}
	return secretsmanager.New(o)
}

func (s awsSettings) credentials(context.Context) (aws.Credentials, error) {
	if s.accessKeyID == "" || s.secretAccessKey == "" {
		return aws.Credentials{}, errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
	}
	return aws.Credentials{
		AccessKeyID:     s.accessKeyID,
		SecretAccessKey: s.secretAccessKey,
		SessionToken:    s.sessionToken,
	}, nil
}

// Invoke is one check. An error leaves as the outermost value of the one type whose name the runtime passes on.
func (f function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	v, err := f.step.Check(ctx, event)
	if err != nil {
		named := &handler.Error{Name: handler.Internal, Message: err.Error()}
		errors.As(err, &named)
		return nil, messages.InvokeResponse_Error{Type: string(named.Name), Message: named.Text()}
	}
	return json.Marshal(&v, unread) // of a value it makes a copy
}

// unread leaves a context as the caller wrote it.
var unread = json.JoinOptions(json.Deterministic(true),
	jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.PreserveRawStrings(true))
