// Package served answers with a text that was made once, such as an API's document.
//
// # Guarantees
//
//   - G1: the text comes with its type and an ETag; who has it by that is answered 304, and who wants its header alone gets that. Test: TestText.
package served
