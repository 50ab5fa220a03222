// Package browsertest gives a test a page in a headless Chromium.
//
// # Guarantees
//
//   - G1: without Chromium the test is skipped, or fails where MILLRACE_REQUIRE_SERVERS is set; faults for screen readers are found. Test: TestAccessible.
package browsertest
