// Package xdrtest simulates what the action-status step talks to: the Cortex XDR call [Get Action Status], and the
// calls of [Secrets Manager] that return and write the secret with the API key, both on one address.
//
// It judges every request by itself, as the service would: path, content type, key or signature, replayed nonce, clock,
// rate limit and the exact body. What it answers follows a [Scenario], a timeline of each agent's status, which begins
// with the first question about the action. A [Fault] delays, replaces, cuts off or resets an answer.
//
// In a test, [Start] serves a [Sim] until the test ends; for people, cmd/xdrsim does.
//
// [Get Action Status]: https://docs-cortex.paloaltonetworks.com/r/Cortex-XDR-REST-API/Get-Action-Status
// [Secrets Manager]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
package xdrtest
