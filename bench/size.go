package main

import (
	"archive/zip"
	"debug/buildinfo"
	"io"
	"os"
	"slices"
)

// size is what a binary weighs, in bytes.
type size struct{ binary, zipped int }

func sizeOf(file string) (s size, err error) {
	content, err := os.ReadFile(file) // #nosec G304 -- built here
	if err != nil {
		return s, err
	}
	var n counter
	z := zip.NewWriter(&n)
	w, err := z.Create("bootstrap")
	if err != nil {
		return s, err
	}
	if _, err = w.Write(content); err != nil {
		return s, err
	}
	err = z.Close()
	return size{len(content), int(n)}, err
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

var _ io.Writer = (*counter)(nil)

// modules are the paths of the modules that are linked into a Go binary.
func modules(file string) ([]string, error) {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, m := range info.Deps {
		paths = append(paths, m.Path)
	}
	slices.Sort(paths)
	return paths, nil
}
