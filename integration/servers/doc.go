// Package servers finds or starts the servers that integration tests and benchmarks need: Apache Kafka, PostgreSQL with
// wal_level = logical, Redis, a bucket of S3's API, a schema registry with Confluent's API, and a Kafka Connect worker with Debezium.
// [StartCluster] makes several brokers whose failures a test commands; these are always processes of this machine.
//
// # Choice
//
// For each server the first way that works is taken: the address in the environment (KAFKA_URL, DATABASE_URL,
// REDIS_URL, S3_URL, SCHEMA_REGISTRY_URL, CONNECT_URL); a container, where a Docker daemon answers; a process of this machine. MILLRACE_SERVERS
// names one of environment, docker and process, and then there is no other. Containers run the official images unless
// MILLRACE_KAFKA_IMAGE, MILLRACE_POSTGRES_IMAGE or MILLRACE_REDIS_IMAGE name others, which must understand the official
// ones' commands and environment; integration/image makes such an image where nothing can be pulled. Set
// TESTCONTAINERS_RYUK_DISABLED=true there. Processes need Java 17 and Maven, PostgreSQL's server programs,
// redis-server, and Go for the S3 server, which has no image.
//
// # Guarantees
//
//   - G1: a server named in the environment is used as it is. Test: TestEnvironment.
//   - G2: a started server answers, is of the promised kind, and is gone with all that it kept once it is closed. Test: TestStart.
//   - G3: a server that cannot be had is an error that says what each way lacks and shows the server's last words. Test: TestMissing.
//   - G4: of one [Shared] each server is started once, however many tests ask. Test: TestShared.
//   - G5: a [Cluster] keeps what it has taken while one broker at a time is killed, stands still or starts again. Test: TestCluster.
package servers
