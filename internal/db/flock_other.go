//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package db

import "os"

const shared, exclusive = 1, 2

// Where files cannot be locked so, SQLite's own waiting has to do.
func flock(*os.File, int) (bool, error) { return true, nil }

func unlock(*os.File) error { return nil }
