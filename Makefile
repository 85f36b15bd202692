# Zhixin. On a fresh machine with Go and Node, `make demo` and `make test` install what they miss and say what they do.
SHELL := /bin/bash
LISTEN ?= 127.0.0.1:8080
SCALE ?= 0.1
DATA ?= data/demo
DATABASE_URL ?=
where = --data $(DATA) $(if $(DATABASE_URL),--database-url $(DATABASE_URL))

.PHONY: help demo test bench build assets lint clean
help:
	@echo "make demo    a small city on http://$(LISTEN) (LISTEN=, SCALE=, DATABASE_URL=)"
	@echo "make test    everything: format, vet, lint, both databases, race, browser"
	@echo "make bench   the benchmarks beside their anchors"
	@echo "make build   the single binary bin/zhixin"

# The page assets and the font of the papers come from npm by package-lock.json; they are not committed.
assets: .assets
.assets: package.json package-lock.json scripts/assets
	@scripts/assets
	@touch .assets

build: .assets
	@echo "building bin/zhixin (the first time compiles SQLite in Go: about two minutes)"
	@go build -trimpath -o bin/zhixin ./cmd/zhixin

demo: build
	@bin/zhixin demo $(where) --scale $(SCALE) --keep
	@bin/zhixin serve $(where) --listen $(LISTEN) --demo

test:
	@scripts/test

lint:
	@scripts/lint

bench: .assets
	@scripts/bench

clean:
	@rm -rf bin data .assets
