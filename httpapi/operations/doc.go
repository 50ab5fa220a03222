// Package operations serves typed operations on a chi router, and the OpenAPI 3.1 document of them.
//
// [Serve] makes a route of a function: parameters and body are read, held against their types and limits, and refused with a problem that says what
// to change. The document says what is served, and of the chain's steps what they mean for clients: credentials, idempotency keys, rate limits, and
// all statuses that an operation may answer. Nothing of it costs a request more than reading what it takes.
//
// Schemas are those of [bus.JSON], so that a type is described and read in one way on topics, in calls of package push and here. Another package that
// serves such documents, github.com/danielgtaylor/huma, derives schemas by rules of its own, and its errors are made by a variable of the package.
//
// # Limits
//
// Bodies are application/json without Content-Encoding, and what [httpapi.MaxBody] allows. Whole numbers of bodies and parameters are within
// ±(2^53-1), as all readers of JSON read them. Accept is not looked at: there is one form of each answer. What net/http refuses by itself, such as
// headers that are too large, is not in the document.
//
// # Guarantees
//
//   - G1: the document is valid OpenAPI 3.1 in its references, the same for the same operations, and says what the chain's steps mean. Test: TestDocument.
//   - G2: a parameter that is missing, there twice, of another type or beyond its limits is 400, and named. Test: TestParameters.
//   - G3: a body that is not exactly as the document says is refused, and each place of it named. Test: TestBodies.
//   - G4: an operation answers no status of success that its document does not have. Test: TestUndocumentedStatus.
//   - G5: who has the current version is answered 304. Test: TestNotModified.
//   - G6: an operation that is not public needs a principal, and one of its roles, also behind a chain that lets strangers in. Test: TestAdmission.
//   - G7: what is defined wrongly is told, and not served. Test: TestDefinitions.
package operations
