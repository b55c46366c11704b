// Command pack prints an archive of files that is the same on every machine: pack zip bootstrap >a.zip, or pack tar.gz
// xdrwait LICENSE >a.tar.gz. Other tools compress differently from machine to machine; the Go of go.mod does not.
package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"testing/fstest"
	"time"
)

func main() {
	log.SetFlags(0)
	files := fstest.MapFS{}
	for _, path := range os.Args[2:] {
		content, err := os.ReadFile(path) //nolint:gosec // scripts/release names it
		if err != nil {
			log.Fatal(err)
		}
		file := &fstest.MapFile{Data: content, Mode: 0o755, ModTime: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		if path == "LICENSE" {
			file.Mode = 0o644
		}
		files[filepath.Base(path)] = file
	}
	if err := pack(os.Args[1], files); err != nil {
		log.Fatal(err)
	}
}

func pack(kind string, files fs.FS) error {
	if kind == "zip" {
		z := zip.NewWriter(os.Stdout)
		return errors.Join(z.AddFS(files), z.Close())
	}
	g := gzip.NewWriter(os.Stdout)
	t := tar.NewWriter(g)
	return errors.Join(t.AddFS(files), t.Close(), g.Close())
}
