// Package xdr asks a Cortex XDR tenant how a response action stands: the typed client of one call, [Get Action Status].
//
// What it promises:
//
//   - A reply of any number of agents is read as a stream and handed to a [Sink] agent by agent; memory does not grow
//     with the number of agents.
//   - Every attempt is signed afresh (nonce and timestamp), with standard and with advanced API keys. The key cannot be
//     printed; see [Credentials].
//   - A failure is an [*Error] that says who failed: the API, something between here and the API, the reply, or the
//     connection. Nothing is guessed in favour of success.
//   - It never sleeps, never polls, never follows a redirect and never retries, except once on a kept-alive connection
//     that turns out to be dead.
//
// [Get Action Status]: https://docs-cortex.paloaltonetworks.com/r/Cortex-XDR-REST-API/Get-Action-Status
package xdr
