package push_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/millrace/millrace/push"
)

func ExampleHub_Schema() {
	b, closeBus := exampleBus()
	defer closeBus()
	price := push.NewMethod[string, int]("price")
	hub, err := push.New(b, push.Describing(push.Define("ticker", push.Text())), push.RPC(
		price.Handle(func(context.Context, string) (int, error) { return 1999, nil }),
	))
	if err != nil {
		panic(err)
	}
	answer := httptest.NewRecorder()
	hub.Schema().ServeHTTP(answer, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/schema", nil))
	fmt.Println(answer.Body)
	// Output:
	// {
	//   "millrace": "push/1",
	//   "channels": [
	//     {
	//       "name": "ticker",
	//       "encoding": "text",
	//       "publish": false,
	//       "view": {
	//         "type": "string",
	//         "contentMediaType": "text/plain"
	//       }
	//     }
	//   ],
	//   "methods": [
	//     {
	//       "name": "price",
	//       "kind": "method",
	//       "params": {
	//         "type": "string",
	//         "$schema": "https://json-schema.org/draft/2020-12/schema"
	//       },
	//       "result": {
	//         "type": "integer",
	//         "$schema": "https://json-schema.org/draft/2020-12/schema"
	//       }
	//     }
	//   ]
	// }
}
