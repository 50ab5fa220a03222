// Package problem has errors that clients are told of, as RFC 9457 says.
//
// # Overview
//
// A [Problem] is an error that a handler returns, the answer to a request, and a text of JSON. Packages httpapi and push have the same one under
// their own names, so that what an application returns is told by both.
//
// # Guarantees
//
//   - G1: a problem is answered with its status, its fields and its members, and what is left out is said by the status. Test: TestWrite.
//   - G2: what was begun and given up leaves no field that describes it. Test: TestWrite.
//   - G3: no extension replaces a member that problems have anyway. Test: TestExtend.
//   - G4: a problem that is written as JSON is read as it was. Test: TestJSON.
package problem
