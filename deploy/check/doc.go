// Package check holds what is in deploy against what it is for: manifests against Kubernetes' own types, rules and dashboards against the
// metrics that a running process shows. It is a module of its own, so that what it needs for that comes into no other build.
//
// Strimzi has no types for Go: those here are written from its API reference, version v1 of Strimzi 0.49. Of KafkaConnect only the first level
// is known.
//
// # Guarantees
//
//   - G1: each manifest is understood to its last field, and what it names is there. Test: TestManifests.
//   - G2: the overlay can be built, and says what it means to. Test: TestOverlay.
//   - G3: pods run as an ordinary user on a read-only file system, without capabilities or tokens, and have their three probes. Test: TestPodsAreConfined.
//   - G4: each metric and label that rules, dashboards and autoscalers use is one that Millrace has. Test: TestMetricsExist.
//   - G5: each alert has a runbook, and each command in one is understood. Test: TestRunbooks.
package check
