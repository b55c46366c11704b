// Package lambdatest runs a built bootstrap as AWS Lambda does: a Runtime API on loopback that the process polls,
// and the Invoke API in front of it. It knows nothing of what the function does.
//
// Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// Invoke API: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
package lambdatest
