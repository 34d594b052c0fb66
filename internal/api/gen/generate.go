// Package gen holds the contract's text; its folders hold the server types that are generated from it, one for each
// listener.
package gen

import _ "embed"

//go:generate cp ../../../openapi.yaml openapi.yaml
//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config public.cfg.yaml openapi.yaml
//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config operator.cfg.yaml openapi.yaml

// Contract is openapi.yaml, the OpenAPI 3.0.3 document that both listeners answer by.
//
//go:embed openapi.yaml
var Contract []byte
