// Package otlp sends what a process observes to where the standard OTEL_* variables say.
//
// # Variables
//
//   - OTEL_SDK_DISABLED=true turns everything off.
//   - OTEL_TRACES_EXPORTER and OTEL_LOGS_EXPORTER are otlp, console or none; OTEL_METRICS_EXPORTER may also be prometheus.
//     Several are separated by commas. Where one is not set, a signal goes to its endpoint, and nowhere without one: the
//     specification's default, an endpoint on this machine, would let every process without a collector complain.
//   - OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL (http/protobuf or grpc), _HEADERS, _TIMEOUT, _COMPRESSION, _CERTIFICATE,
//     _CLIENT_CERTIFICATE, _CLIENT_KEY and _INSECURE, also for one signal, such as OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.
//   - OTEL_EXPORTER_PROMETHEUS_HOST and _PORT are where [Telemetry.Run] serves /metrics; localhost and 9464 by default.
//   - OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say who sends.
//   - OTEL_TRACES_SAMPLER, OTEL_BSP_*, OTEL_BLRP_* and OTEL_METRIC_EXPORT_* are as in the specification.
//
// Formats and variables are those of the OpenTelemetry specification 1.x and OTLP 1.x. Nothing is set for the whole
// process: providers are handed to whoever uses them.
//
// # Guarantees
//
//   - G1: spans, measurements and records reach an OTLP receiver with the process's resource. Test: TestSignalsReachReceiver.
//   - G2: a record goes to the receiver with its trace where the handler below takes it, and to that handler always. Test: TestRecordsGoBothWays.
//   - G3: without endpoint and exporter, and when disabled, nothing is sent and nothing runs. Test: TestOffByDefault.
//   - G4: a variable that cannot be understood is told by its name, all at once, before anything starts. Test: TestVariablesAreChecked.
//   - G5: no error holds a header, a credential or an address. Test: TestErrorsHoldNoSecrets.
//   - G6: Shutdown sends what is left, and returns in its bound also when the receiver hangs. Test: TestShutdownIsBounded.
//   - G7: a receiver that is gone is told once in the log, and once when it is back. Test: TestOutageIsToldOnce.
//   - G8: Prometheus scrapes the same measurements. Test: TestScrape.
package otlp
