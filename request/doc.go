// Package request carries who asks for what across a process and between processes.
//
// [Info] lives in a context. [Inject] writes it into the headers of an HTTP request or of a Kafka record, and
// [Extract] reads it back: tenant, principal, roles, session, request id, locale and deadline. The shard part is local: it says where
// this process handles the request and is never read from outside. What is extracted is what a sender claims: believe it of who is trusted.
//
// # Guarantees
//
//   - G1: what is injected is extracted unchanged, over HTTP and over Kafka headers. Test: TestInjectExtract.
//   - G3: roles are made of valid names alone, and none of them becomes two. Test: TestRoles.
//   - G2: values from outside that break the stated limits are refused and change nothing. Test: TestExtractRefuses.
package request
