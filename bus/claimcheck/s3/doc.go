// Package s3 keeps the payloads of claim checks in a bucket: of Amazon S3, or of any server with its API, such as MinIO, Ceph or Versity's gateway.
//
// # Rights
//
// Publishers need s3:PutObject, readers s3:GetObject, and both s3:ListBucket: without it the API answers that an object that is missing is forbidden,
// and its event waits instead of becoming a dead letter. A collector needs s3:DeleteObject as well. Doctor also reads the bucket's versioning and
// lifecycle (s3:GetBucketVersioning, s3:GetLifecycleConfiguration).
//
// # Lifecycle
//
// Let no rule expire objects sooner than the topics let go of their records, retry and dead letter topics and changelogs included, which
// `millrace doctor` looks for; the collector of package claimcheck is what deletes. In a bucket with versions a rule for noncurrent versions
// must say how long deleted payloads are kept: without one they stay for ever, those of a tenant that is forgotten included.
//
// # Guarantees
//
//   - G1: the bucket is a store as package claimcheck asks for. Test: TestConformance.
//   - G2: a bucket that is away, unknown or refused fails the check, and no credentials are in the error. Test: TestCheck.
//   - G3: a wrong address is refused with what it must be, and without its credentials. Test: TestAddress.
//   - G4: versions and rules that expire objects are told. Test: TestSettings.
package s3
