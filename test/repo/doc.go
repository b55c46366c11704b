// Package repo tests what the files of the repository promise each other. Most tests read both sides.
//
//	README         readme_test.go: examples, tables, diagram; template_test.go: parameters
//	all pages      pages_test.go: links, runbook; commands_test.go: commands
//	request        request_test.go, request_limits_test.go: code, schema, README and samples agree
//	schema/        schema_test.go: secret, verdict, and the samples of events/
//	template.yaml  template_*.go, outage_alarm_test.go; cmd/lambda starts the function with what its parameters accept
//	make release   release_test.go, packaged_test.go; .github: workflows_test.go
//
// What they share is in helpers_test.go. Third-party engines are in test/e2e.
package repo
