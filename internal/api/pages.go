package api

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"storelink"
	"storelink/internal/api/gen"
	"storelink/internal/api/gen/public"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages are the few documents that are rendered here: the contract to read, the problem types, the wait for a turn.
// None needs a script.
type pages struct {
	templates *template.Template
	docs      []byte
}

func newPages(c *contract) (*pages, error) {
	templates, err := template.ParseFS(pageFiles, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse pages: %w", err)
	}
	p := &pages{templates: templates}
	docs, err := p.render("docs.html", readContract(c.doc))
	if err != nil {
		return nil, err
	}
	p.docs = docs.body
	return p, nil
}

func (p *pages) render(name string, data any) (page, error) {
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, name, data); err != nil {
		return page{}, fmt.Errorf("render %s: %w", name, err)
	}
	return page{contentType: "text/html; charset=utf-8", body: b.Bytes()}, nil
}

// wait is the page of a sign-in that waits for its turn at the token endpoint. It comes again by itself.
func (p *pages) wait(in time.Duration) (page, error) {
	seconds := max(1, int((in+time.Second-1)/time.Second))
	waiting, err := p.render("wait.html", seconds)
	waiting.refresh = seconds
	return waiting, err
}

type documentHandlers struct{ pages *pages }

// GetContract answers GET /openapi.yaml.
func (documentHandlers) GetContract(context.Context, public.GetContractRequestObject) (public.GetContractResponseObject, error) {
	return page{contentType: "application/yaml", body: gen.Contract}, nil
}

// GetDocs answers GET /docs.
func (h documentHandlers) GetDocs(context.Context, public.GetDocsRequestObject) (public.GetDocsResponseObject, error) {
	return page{contentType: "text/html; charset=utf-8", body: h.pages.docs}, nil
}

// GetProblemType answers GET /problems/{slug}.
func (h documentHandlers) GetProblemType(_ context.Context, r public.GetProblemTypeRequestObject) (public.GetProblemTypeResponseObject, error) {
	known, ok := problemTypes[storelink.ErrorCode(r.Slug)]
	if !ok {
		return nil, storelink.Errorf(storelink.ErrNotFound, "There is no such problem type.")
	}
	return h.pages.render("problem.html", map[string]any{"Slug": r.Slug, "Type": known})
}

// docsPage is the contract as its page shows it.
type docsPage struct {
	Title, Version, Description string
	Groups                      []docsGroup
	Schemas                     []docsSchema
}

type docsGroup struct {
	Name       string
	Operations []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Description, Body string
	Parameters                                   []docsParameter
	Responses                                    []docsResponse
}

type docsParameter struct{ Name, In, Type, Description, Required string }

type docsResponse struct{ Status, Description, Type string }

type docsSchema struct {
	Name, Description, Type string
	Fields                  []docsField
}

type docsField struct{ Name, Type, Description string }

func readContract(doc *openapi3.T) docsPage {
	d := docsPage{Title: doc.Info.Title, Version: doc.Info.Version, Description: doc.Info.Description}
	groups := map[string]*docsGroup{}
	for _, tag := range []string{"public", "internal"} {
		groups[tag] = &docsGroup{Name: tag}
	}
	for _, path := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(path)
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			op := operations[method]
			if len(op.Tags) == 0 || groups[op.Tags[0]] == nil {
				continue
			}
			g := groups[op.Tags[0]]
			g.Operations = append(g.Operations, readOperation(method, path, item, op))
		}
	}
	for _, tag := range []string{"public", "internal"} {
		g := groups[tag]
		slices.SortStableFunc(g.Operations, func(a, b docsOperation) int { return strings.Compare(a.Path, b.Path) })
		d.Groups = append(d.Groups, *g)
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		d.Schemas = append(d.Schemas, readSchema(name, doc.Components.Schemas[name].Value))
	}
	return d
}

func readOperation(method, path string, item *openapi3.PathItem, op *openapi3.Operation) docsOperation {
	o := docsOperation{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description}
	for _, p := range slices.Concat(item.Parameters, op.Parameters) {
		required := ""
		if p.Value.Required {
			required = "required"
		}
		o.Parameters = append(o.Parameters, docsParameter{p.Value.Name, p.Value.In, typeOf(p.Value.Schema), p.Value.Description, required})
	}
	if op.RequestBody != nil {
		o.Body = contentType(op.RequestBody.Value.Content)
	}
	responses := op.Responses.Map()
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		r := responses[status].Value
		description := ""
		if r.Description != nil {
			description = *r.Description
		}
		o.Responses = append(o.Responses, docsResponse{status, description, contentType(r.Content)})
	}
	return o
}

func readSchema(name string, s *openapi3.Schema) docsSchema {
	out := docsSchema{Name: name, Description: s.Description, Type: typeOf(&openapi3.SchemaRef{Value: s})}
	for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[field]
		out.Fields = append(out.Fields, docsField{field, typeOf(p), p.Value.Description})
	}
	return out
}

func contentType(content openapi3.Content) string {
	kinds := slices.Sorted(maps.Keys(content))
	if len(kinds) == 0 {
		return ""
	}
	if schema := content[kinds[0]].Schema; schema != nil {
		return kinds[0] + ": " + typeOf(schema)
	}
	return kinds[0]
}

// typeOf says in a few words what a schema allows.
func typeOf(ref *openapi3.SchemaRef) string {
	switch {
	case ref == nil || ref.Value == nil:
		return ""
	case ref.Ref != "":
		return ref.Ref[strings.LastIndex(ref.Ref, "/")+1:]
	}
	s := ref.Value
	name := "value"
	switch {
	case len(s.AllOf) == 1:
		name = typeOf(s.AllOf[0])
	case s.Items != nil:
		name = "list of " + typeOf(s.Items)
	case s.Type != nil && len(s.Type.Slice()) > 0:
		name = strings.Join(s.Type.Slice(), " or ")
	}
	if s.Format != "" {
		name += " (" + s.Format + ")"
	}
	if len(s.Enum) > 0 {
		var values []string
		for _, v := range s.Enum {
			values = append(values, fmt.Sprint(v))
		}
		name = strings.Join(values, " | ")
	}
	if s.Nullable {
		name += " or null"
	}
	return name
}
