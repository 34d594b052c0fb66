package api

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/labstack/echo/v4"

	"storelink/internal/api/gen"
)

const (
	smallBody    = 64 << 10
	largeBody    = 8 << 20
	streamedBody = 32 << 20
)

// contract is openapi.yaml, with its operations by method and Echo's route pattern: Echo has routed already, so no
// second router is asked.
type contract struct {
	doc        *openapi3.T
	operations map[string]*operation
}

type operation struct {
	route     *routers.Route
	query     map[string]bool // the declared query parameters; true: may be given several times
	headers   []string        // the declared headers
	rawBody   bool            // it is not JSON: the handler reads it as it came
	streamed  bool            // JSON or CSV that the handler reads as it comes, from its visit
	openQuery bool            // others are ignored, and handlers look at repeats themselves
	guarded   bool            // there must be a session, or an admin token
	maxBody   int64           // bytes
}

func loadContract() (*contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(gen.Contract)
	if err != nil {
		return nil, fmt.Errorf("load openapi.yaml: %w", err)
	}
	c := &contract{doc: doc, operations: map[string]*operation{}}
	for path, item := range doc.Paths.Map() {
		pattern := strings.NewReplacer("{", ":", "}", "").Replace(path)
		for method, op := range item.Operations() {
			route := &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op}
			c.operations[method+" "+pattern] = newOperation(route)
		}
	}
	return c, nil
}

func newOperation(route *routers.Route) *operation {
	op := &operation{route: route, query: map[string]bool{}, guarded: guarded(route), maxBody: smallBody}
	for _, list := range []openapi3.Parameters{route.PathItem.Parameters, route.Operation.Parameters} {
		for _, p := range list {
			switch p.Value.In {
			case openapi3.ParameterInQuery:
				schema := p.Value.Schema
				op.query[p.Value.Name] = schema != nil && schema.Value.Type.Is("array")
			case openapi3.ParameterInHeader:
				op.headers = append(op.headers, p.Value.Name)
			}
		}
	}
	op.openQuery, _ = route.Operation.Extensions["x-open-query"].(bool)
	op.rawBody, _ = route.Operation.Extensions["x-raw-body"].(bool)
	op.streamed, _ = route.Operation.Extensions["x-streamed-body"].(bool)
	switch route.Operation.OperationID {
	case "startRun", "previewRun":
		op.maxBody = largeBody
	case "replaceCatalogue":
		op.maxBody = streamedBody
	}
	return op
}

// guarded reports whether the operation demands credentials: an empty requirement or list makes them optional
// (OpenAPI 3.0.3, security requirement object).
func guarded(route *routers.Route) bool {
	security := &route.Spec.Security
	if route.Operation.Security != nil {
		security = route.Operation.Security
	}
	for _, requirement := range *security {
		if len(requirement) == 0 {
			return false
		}
	}
	return len(*security) > 0
}

// of returns the operation that the request was routed to, or nil.
func (c *contract) of(ec echo.Context) *operation {
	return c.operations[ec.Request().Method+" "+ec.Path()]
}

func (o *operation) id() string { return o.route.Operation.OperationID }
