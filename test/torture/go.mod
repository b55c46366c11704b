module github.com/soarstep/xdr-action-status/test/torture

go 1.27.0

toolchain go1.27.4

replace github.com/soarstep/xdr-action-status => ../../

require (
	github.com/aws/aws-sdk-go-v2/service/secretsmanager v1.50.11
	github.com/aws/smithy-go v1.28.8
	github.com/soarstep/xdr-action-status v0.0.0-00010101000000-000000000000
)

require (
	github.com/aws/aws-sdk-go-v2 v1.47.8 // indirect
	github.com/aws/aws-sdk-go-v2/internal/configsources v1.5.11 // indirect
	github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.8.11 // indirect
	golang.org/x/text v0.21.0 // indirect
)
