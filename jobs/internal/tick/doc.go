// Package tick says when a cron schedule ticks, in a time zone and across its changes of the clock.
//
// A schedule that names its hours follows the wall clock. A time that the clock leaves out, because it is set forward, ticks when
// it is set; one that it shows twice, because it is set back, ticks the first time. Other schedules follow the time that passes.
//
// # Guarantees
//
//   - G1: a schedule of fixed hours ticks once for each time of the wall clock, also for one that it leaves out or shows twice. Test: TestClockChanges.
//   - G2: ticks rise, and none is left out, in any zone and wherever one begins. Test: TestTicksRise.
//   - G3: an expression that is wrong, or never ticks, is an error. Test: TestWrong.
package tick
