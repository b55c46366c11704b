// Package handler is one check of a Cortex XDR response action: from the event that a Step Functions state sends to the
// verdict that its Choice reads.
//
//	event ─parse→ request ─secret(tenant)→ credentials ─xdr.Client→ statuses ─decide→ [Verdict]
//	              any error, anywhere ─one exit→ [*Error], whose Name is what Retry and Catch match
//
// pending and failed are verdicts: the check worked. An error means only "could not find out". A check asks once and
// never sleeps; whoever calls it waits [Verdict.WaitSeconds] and calls again.
//
// The API: https://docs-cortex.paloaltonetworks.com/r/Cortex-XDR-REST-API/Get-Action-Status
package handler
