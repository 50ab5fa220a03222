// Package observe is what libraries and applications use to be observed: logs that name their trace, instruments, and
// health checks. It needs the OpenTelemetry API alone; package otlp brings the exporters.
//
// # Logs
//
// [Trace] wraps a [log/slog.Handler] so that each record of a context with a span carries trace_id and span_id, in the
// hexadecimal form of W3C Trace Context.
//
// # Health
//
// A [Check] asks one thing that the process stands on. [Health] asks all of them at once and says what follows: ok,
// degraded (something fails, and work is taken), failing, or stopping. Checks of servers are beside their clients, such as
// [github.com/millrace/millrace/bus.Bus.Check]; that of the disk's room is [Disk].
//
// What follows of a failure is the check's [Criticality]:
//
//	             liveness  readiness before it was well once  readiness later  checks of this module
//	Critical     stays     has not come                       falls            disk, hub, relay
//	Startup      stays     has not come                       stays            kafka, postgres, groups
//	Advisory     stays     comes                              stays            redis, relay lag
//
// All are told alike: each has a gauge and a line of the log when it turns.
//
// # Guarantees
//
//   - G1: a record of a context with a span carries trace_id and span_id at its top, also within groups. Test: TestTraceNamesSpan.
//   - G2: beyond that the handler below sees what it would see without. Test: TestTraceIsHandler.
//   - G3: a critical check that fails fails the whole, an advisory one degrades it. Test: TestCriticality.
//   - G4: a check that does not answer in time fails, holds up no other and is not asked twice at once. Test: TestHangingCheck.
//   - G5: an answer serves all who ask within a second, or as long as its check says. Test: TestAnswersAreShared.
//   - G6: after Drain readiness has fallen for good. Test: TestDrain.
//   - G7: instruments that cannot be made are told together, once. Test: TestMeterTellsErrors.
//   - G8: what a check said when it turned is remembered, the latest 20 times. Test: TestChangesAreRemembered.
//   - G9: each check is a gauge, which a hanging one holds up for its timeout at most. Test: TestHealthIsMeasured.
//   - G10: a check that panics fails, and ends nothing. Test: TestPanickingCheck.
//   - G11: a check that turns is logged once, with what it said. Test: TestTurnsAreLogged.
//   - G12: a startup check fails the whole until it was well once, and degrades it later. Test: TestStartupCheck.
package observe
