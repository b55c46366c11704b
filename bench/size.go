package main

import (
	"archive/zip"
	"debug/buildinfo"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// size is what a binary weighs, in bytes.
type size struct{ Binary, Zipped int }

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

// shipped is what sam build makes for an architecture, in Go's name for it.
func (r *rig) shipped(arch string) (size, error) {
	out := filepath.Join(r.dir, "shipped-"+arch)
	if err := run(r.root, "make", "-s", "build-StatusFunction", "GOARCH="+arch, "ARTIFACTS_DIR="+out); err != nil {
		return size{}, err
	}
	return sizeOf(filepath.Join(out, "bootstrap"))
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
