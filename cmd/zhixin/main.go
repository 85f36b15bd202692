// Command zhixin is the quality credit platform of a city: one binary for the node, the tools and the offline checks.
package main

import (
	"os"

	"zhixin/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
