package api

import (
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"zhixin/internal/credit"
)

// describe adds to the OpenAPI document what a plain handler serves.
func describe(a huma.API, path string, item *huma.PathItem) {
	doc := a.OpenAPI()
	if doc.Paths == nil {
		doc.Paths = map[string]*huma.PathItem{}
	}
	doc.Paths[path] = item
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
