package lambdatest

import (
	"context"
	"os"
	"strings"
	"sync"
)

// Depend makes the result that go test keeps of the calling test depend on the main package in the folder pkgDir, on
// what it imports from its module, and on go.mod. [Start] does so for what [Build] has built.
//
// go test does not see what another process compiles. It does see which folders of the test's module the test opens
// ([go help test]), and runs the test again when a file in one of them has changed. To import the packages would not be
// enough: the linker leaves out of the test what no test calls in it, and a change there leaves the test as it was.
//
// [go help test]: https://pkg.go.dev/cmd/go#hdr-Test_packages
func Depend(ctx context.Context, pkgDir string) error {
	list, err := sources(ctx, pkgDir)
	if err != nil {
		return err
	}
	return open(list)
}

// built has the sources of each binary. Most are built in a TestMain, where go test does not look yet.
var built sync.Map

// sources lists what Depend opens.
func sources(ctx context.Context, pkgDir string) ([]string, error) {
	const format = "{{with .Module}}{{if .Main}}{{$.Dir}}\n{{.GoMod}}{{end}}{{end}}"
	list, err := goCommand(ctx, pkgDir, "list", "-deps", "-tags", tags, "-f", format, ".")
	return strings.FieldsFunc(list, func(r rune) bool { return r == '\n' }), err
}

func open(names []string) error {
	for _, name := range names {
		file, err := os.Open(name) //nolint:gosec // go list has named it
		if err != nil {
			return err
		}
		_ = file.Close() // nothing was read
	}
	return nil
}
