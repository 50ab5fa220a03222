// Package cache keeps what processes share in Redis: values, rates, nonces, and what was done before.
//
// # A cache
//
// A [Cache] reads values through: from its process, from Redis, from their source. Who changes the source calls [Cache.Invalidate], and all
// processes forget; each learns of it by a publish/subscribe channel, which a cluster and Sentinels have too (the client-side caching of the
// client library is experimental, and for single servers alone). A key that is loaded has a lease in its place: others wait for it, and an
// invalidation removes it, so that a value from before it comes neither to Redis nor to a process after it. What a process keeps may be behind by
// the time of a message; where the connection is lost without a word, by 6 seconds; and never by more than its time to live. A fail-over of Redis
// may forget invalidations of the last moment: those values end with their time to live.
//
// # Without Redis
//
//   - A Cache fails open: values are loaded from their source, so many at once as [Loads] allows, and nothing is kept. [Cache.Invalidate]
//     fails, and is made up for when Redis is back.
//   - A [Limiter] does as [WhenGone] says: each process by itself, unless it is told otherwise.
//   - [Nonces] and [Dedupe] fail closed: nothing is granted.
//
// A question to Redis takes [RedisLimit] at most; when most of them fail, none is asked for a second at a time. The client's own retries should be
// off or few: a retry of a question that was answered may take from a limit twice, and find a nonce used.
//
// # Guarantees
//
//   - G1: of any number of claims of one key, one wins until its lease ends. Test: TestDedupeModel.
//   - G2: a key whose owner is gone is free when the lease ends. Test: TestDedupeModel.
//   - G3: without an answer from Redis nothing is granted. Test: TestDedupeRedisDown.
//   - G4: of all who want a value that is not kept, in all processes, one loads it; tenants have keys of their own. Test: TestReadThrough.
//   - G5: who loads and dies holds others up for two seconds, and who loads for long is not overtaken. Test: TestDeadLoader.
//   - G6: who calls Get after its own Invalidate gets no older value, and other processes none once they are told. Test: TestInvalidate.
//   - G7: a load that began before an invalidation and ends after it leaves its value nowhere. Test: TestInvalidationBeatsLoad.
//   - G8: without Redis values come from their source, boundedly many at once, and what a process kept is forgotten with its connection. Test: TestRedisGone.
//   - G9: a Redis that hangs holds a Get up for moments, and counts as lost. Test: TestRedisHangs.
//   - G10: what a process keeps is bounded in bytes, and the last value is among it. Test: TestLocalIsBounded.
//   - G11: what is not there is remembered too, a failed load is not, and what was loaded together does not end together. Test: TestNotFoundIsRemembered.
//   - G12: all processes together take no more than the rate, and keys end by themselves. Test: TestLimiterHoldsTheRate.
//   - G13: a decision is one round trip. Test: TestLimiterMakesOneRoundTrip.
//   - G14: without Redis a limiter does as it was told, and says so. Test: TestLimiterWithoutRedis.
//   - G15: a signed request passes on one pod once, and on none without Redis. Test: TestReplayOnAnotherPod.
//   - G16: an invalidation that Redis could not hear is told when it can, as long as the process runs. Test: TestMissedInvalidations.
//   - G17: each of ten thousand tenants has a rate of its own. Test: TestManyTenants.
//   - G18: the check of a Redis that is away, or hangs, says so. Test: TestReachable.
//   - G19: values are kept as a codec says, and who cannot decode them now is told so. Test: TestValues.
package cache
