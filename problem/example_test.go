package problem_test

import (
	"encoding/json"
	"fmt"

	"github.com/millrace/millrace/problem"
)

// A problem says what to do, and may have members of its own.
func ExampleProblem() {
	text, err := json.Marshal(problem.Problem{
		Status: 402, Type: "/problems/poor", Title: "Too little", Detail: "pay in first",
		Extensions: []problem.Extension{problem.Extend("balance", 3)},
	})
	fmt.Println(string(text), err)
	// Output: {"type":"/problems/poor","title":"Too little","status":402,"detail":"pay in first","balance":3} <nil>
}
