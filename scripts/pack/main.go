// Command pack writes files into an archive that is the same on every machine: pack a.zip bootstrap, or
// pack a.tar.gz xdrwait LICENSE. Other tools compress differently from machine to machine; the Go of go.mod does not.
package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"
	"time"
)

func main() {
	log.SetFlags(0)
	if err := pack(os.Args[1], os.Args[2:]); err != nil {
		log.Fatal("pack: ", err)
	}
}

func pack(archive string, paths []string) error {
	files := fstest.MapFS{}
	for _, path := range paths {
		content, err := os.ReadFile(path) //nolint:gosec // scripts/release names it
		if err != nil {
			return err
		}
		file := &fstest.MapFile{Data: content, Mode: 0o755, ModTime: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		if path == "LICENSE" {
			file.Mode = 0o644
		}
		files[filepath.Base(path)] = file
	}
	out, err := os.Create(archive) //nolint:gosec // so does it here
	if err != nil {
		return err
	}
	if strings.HasSuffix(archive, ".zip") {
		z := zip.NewWriter(out)
		return errors.Join(z.AddFS(files), z.Close(), out.Close())
	}
	g := gzip.NewWriter(out)
	t := tar.NewWriter(g)
	return errors.Join(t.AddFS(files), t.Close(), g.Close(), out.Close())
}
