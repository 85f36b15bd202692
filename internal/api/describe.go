package api

import (
	"net/http"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"zhixin/internal/credit"
)

// describe adds to the OpenAPI document what a plain handler serves, with the problems that it may answer.
func (s *server) describe(a huma.API, path, method string, op *huma.Operation, problems ...int) {
	doc := a.OpenAPI()
	if doc.Paths == nil {
		doc.Paths = map[string]*huma.PathItem{}
	}
	item := doc.Paths[path]
	if item == nil {
		item = &huma.PathItem{}
		doc.Paths[path] = item
	}
	if method == http.MethodPost {
		item.Post = op
	} else {
		item.Get = op
	}
	s.refusals(a, op, problems)
}

// refusals describes the problems that an operation may answer.
func (s *server) refusals(a huma.API, op *huma.Operation, problems []int) {
	for _, status := range append(slices.Clone(problems), http.StatusInternalServerError) {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Description: refused[status], Content: map[string]*huma.MediaType{
			"application/problem+json": {Schema: a.OpenAPI().Components.Schemas.Schema(typeOf[Problem](), true, "Problem")}}}
	}
}

// refused says what a status means here.
var refused = map[int]string{
	http.StatusBadRequest:            "A parameter or the body is not what is asked for; type and detail say what",
	http.StatusUnauthorized:          "No key, or one that is wrong or revoked",
	http.StatusForbidden:             "The key or post may not do this",
	http.StatusNotFound:              "There is no such thing, or not for this asker",
	http.StatusConflict:              "Something else is there already",
	http.StatusRequestEntityTooLarge: "More than one call may bring; the limit stands in detail",
	http.StatusTooManyRequests:       "Too much at once; try again after Retry-After",
	http.StatusServiceUnavailable:    "Cannot be answered safely at the moment; try again after Retry-After",
	http.StatusInternalServerError:   "Something of ours broke; quote X-Request-Id",
}

// schemaName names a type in the document with its package in front: two rooms may use one word.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.PkgPath() == "" {
		return huma.DefaultSchemaNamer(t, hint)
	}
	return strings.ToUpper(path.Base(t.PkgPath())[:1]) + path.Base(t.PkgPath())[1:] + huma.DefaultSchemaNamer(t, hint)
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

func enum[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

func known(m credit.Matter) bool { return slices.Contains(credit.Matters, m) }

// parallel runs f for 0…n-1, some at a time: receipts are made durable in groups, so questions must wait together.
func parallel(n int, f func(i int)) {
	const lanes = 256
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(lanes, n) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
