// Package admin is an API and a web page for those who run an application: they look at sections of it, such as its jobs or its dead letters, and do
// what each section offers.
//
// A [Section] is made of rows of a type: what its columns are, how rows are read, what there is to know of one, and what can be done with it.
// The package knows nothing of what the rows are of. [New] serves sections:
//
//	GET    /                            the page: HTML, style sheets and modules without a build step
//	GET    /api/sections                who looks, and the sections, with columns and actions
//	GET    /api/{section}               rows: search, f.{column}, sort, cursor, limit (1 to 500, by default 50)
//	GET    /api/{section}/{id}          all there is to know of a row
//	POST   /api/{section}/{id}/{action} does something; {"reason"} as JSON; If-Match with the version of the row that was seen
//	GET    /api/live                    Server-Sent Events of what changes; section, once or more
//	POST   /api/session                 {"token"} for a cookie, and DELETE to end it
//
// Errors are problems of RFC 9457. Credentials are what the authenticator takes, in the header or, for the page, in a cookie that scripts do not see.
//
// # Guarantees
//
//   - G1: nobody looks without a role, and nothing can be done unless roles for that are named; an action needs its own. Test: TestRoles.
//   - G2: a viewer of a tenant meets its rows alone: in lists, searches, choices, facts, details, actions and news. Test: TestTenants.
//   - G3: an action is done after the audit was told, which learns what became of it, and of refused attempts. Test: TestAudit.
//   - G4: without the audit nothing is done; an outcome that it did not hear of is said. Test: TestWithoutAudit.
//   - G5: pages have each row once that is there all the time, in order, whatever comes and goes. Test: TestPages.
//   - G6: what is looked for is found, by words and by values of columns; a query that is not understood is 400. Test: TestQueries.
//   - G7: viewers together cost one reading of a section, and none when nobody looks; news are sent only of what has changed. Test: TestLive.
//   - G8: a stream has heartbeats and an end, at the latest the server's, and there are only so many. Test: TestStreams.
//   - G9: pages of other origins and requests of other types do nothing. Test: TestOtherOrigins.
//   - G10: the page needs no other host, no inline script and no inline style, and parses no HTML at run time. Test: TestPage.
//   - G11: a good token becomes a cookie for this API that scripts do not see; a bad one nothing. Test: TestSession.
//   - G12: Loopback is for this machine alone, under this machine's names and without a proxy, and says why it refuses. Test: TestLoopback.
//   - G13: a section that fails or panics is 503 and no other's trouble; viewers of a tenant learn nothing of errors. Test: TestFailures.
//   - G14: reading takes a tenth of the time at most. Test: TestRest.
//   - G15: what is wrong with a section is an error at the start. Test: TestSpecs.
//   - G16: credentials of no tenant see nothing, unless they have the role to see all tenants' rows. Test: TestAllTenants.
//   - G17: what may be done is judged by rows that are read after it was asked for; what the viewer saw otherwise is 412. Test: TestActionsJudgeAnew.
//   - G18: nothing is done twice with a row at a time, whoever asks. Test: TestActionsRunOnce.
//   - G19: of refused attempts the audit is told so many of each principal, and how many more there were. Test: TestRefusalsAreBounded.
//   - G20: while a section is read viewers are shown what was read before, with its time, and cost one reading. Test: TestPagesWhileItReads.
//   - G21: a reading ends with the last one who waits for it. Test: TestReadingEndsWithItsViewers.
//   - G22: nobody holds a row that it may not see: who asks for another tenant's is in nobody's way. Test: TestNobodyHoldsOthersRows.
//   - G23: of each principal so many attempts a minute are judged, and no more read for; the page goes on after Retry-After. Test: TestAttemptsAreBounded.
package admin
