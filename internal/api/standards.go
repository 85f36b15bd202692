package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"zhixin/internal/catalog"
	"zhixin/internal/db"
)

// rowSchema returns the JSON schema of a row of a kind, by field code.
func rowSchema(k catalog.Kind) *huma.Schema {
	s := &huma.Schema{Type: "object", Title: k.Title, Description: k.English, Properties: map[string]*huma.Schema{}}
	for _, f := range k.Fields {
		p := &huma.Schema{Type: "string", Title: f.Name, Description: f.English, Extensions: map[string]any{"x-class": string(f.Class)}}
		switch f.Type {
		case catalog.Text, catalog.Code:
			most := f.Length
			p.MaxLength = &most
		case catalog.Choice:
			p.Enum = enum(f.Choices())
		case catalog.Date:
			p.Format = "date"
		}
		if f.Mandatory {
			s.Required = append(s.Required, f.Code)
		}
		s.Properties[f.Code] = p
	}
	return s
}

// standards serves the data dictionary, and puts the schema of a row of each shipped kind into the document.
func (s *server) standards(a huma.API) {
	for _, k := range catalog.All() {
		a.OpenAPI().Components.Schemas.Map()["Row-"+k.Name] = rowSchema(k)
	}
	type list struct {
		Body struct {
			Items []catalog.Entry `json:"items"`
		}
	}
	add(s, a, huma.Operation{OperationID: "list-standards", Method: http.MethodGet, Path: "/api/v1/standards",
		Summary: "The data dictionary: every kind of record with its fields and rules", Tags: []string{"standards"}}, nil,
		func(ctx context.Context, _ *struct{}) (*list, error) {
			set, err := s.set(ctx)
			out := &list{}
			out.Body.Items = set.Dictionary()
			return out, err
		})
	type one struct {
		Body struct {
			Standard catalog.Entry `json:"standard"`
			Schema   any           `json:"schema" doc:"JSON schema of a row, by field code"`
		}
	}
	type in struct {
		Kind string `path:"kind"`
	}
	add(s, a, huma.Operation{OperationID: "get-standard", Method: http.MethodGet, Path: "/api/v1/standards/{kind}",
		Summary: "The data standard of one kind of record", Tags: []string{"standards"}}, []int{http.StatusBadRequest},
		func(ctx context.Context, in *in) (*one, error) {
			set, err := s.set(ctx)
			if err != nil {
				return nil, err
			}
			k, err := set.Of(in.Kind)
			if err != nil {
				return nil, err
			}
			out := &one{}
			out.Body.Standard, out.Body.Schema = k.Entry(), rowSchema(k)
			return out, nil
		})
}

func (s *server) set(ctx context.Context) (set catalog.Set, err error) {
	err = s.DB.View(ctx, func(q db.Q) (err error) {
		set, err = catalog.Load(ctx, q)
		return err
	})
	return set, err
}
