package asyncapi

import (
	"net/http"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/served"
)

// MediaType is that of a document, as AsyncAPI 3.0.0 registers it.
const MediaType = "application/vnd.aai.asyncapi+json;version=3.0.0"

// Handler serves the [Document] of the definitions with an ETag, such as at /asyncapi.json. It is made now. Nobody is asked who asks: whoever must
// not see which brokers, topics and groups there are is kept from it by what stands before the handler.
func Handler(about About, defs ...bus.Definition) (http.Handler, error) {
	text, err := Document(about, defs...)
	if err != nil {
		return nil, err
	}
	return served.Text(MediaType, text), nil
}
