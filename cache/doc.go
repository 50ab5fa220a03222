// Package cache keeps what processes share in Redis.
//
// # Guarantees
//
//   - G1: of any number of claims of one key, one wins until its lease ends. Test: TestDedupeModel.
//   - G2: a key whose owner is gone is free when the lease ends. Test: TestDedupeModel.
//   - G3: without an answer from Redis nothing is granted. Test: TestDedupeRedisDown.
package cache
