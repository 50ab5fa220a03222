// Package httpcost has the bench "http": what the chain of package httpapi costs a request, beside chi alone, in one process, without a network but
// that to Redis.
//
// # Guarantees
//
//   - G1: each side serves the request, Millrace's for whom its credentials say. Test: TestSides.
package httpcost
