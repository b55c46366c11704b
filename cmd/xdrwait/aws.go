package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/logging"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// openSecretsManager finds region and credentials as the AWS CLI does.
func openSecretsManager(ctx context.Context, region string) (*secretsmanager.Client, error) {
	silent := config.WithLogger(logging.Nop{}) // the default one writes to standard error
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), silent)
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return nil, usageError{errors.New("no AWS region: give --region or set AWS_REGION")}
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, fmt.Errorf("no AWS credentials: set AWS_PROFILE, or log in with aws sso login or aws configure: %w", err)
	}
	return secretsmanager.NewFromConfig(cfg, onlyFinalAnswers), nil
}

// onlyFinalAnswers keeps the SDK's transport, and with it AWS_CA_BUNDLE, but bounds it as the tenant's is bounded.
func onlyFinalAnswers(o *secretsmanager.Options) {
	if client, ok := o.HTTPClient.(interface{ GetTransport() *http.Transport }); ok {
		transport := client.GetTransport()
		transport.MaxResponseHeaderBytes = 1 << 20
		o.HTTPClient = xdr.FinalOnly{RoundTripper: transport}
	}
}
