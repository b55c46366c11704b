package lambdatest

import (
	"io"
	"math"
	"os"
)

// capture takes what a process writes. It is a file without a name and not a pipe, so that all of it is there when the
// process has answered.
type capture struct{ file *os.File }

func newCapture() (*capture, error) {
	file, err := os.CreateTemp("", "lambdatest-")
	if err != nil {
		return nil, err
	}
	return &capture{file}, os.Remove(file.Name())
}

// String reads from the start, and leaves the position at which the process writes.
func (c *capture) String() string {
	content, _ := io.ReadAll(io.NewSectionReader(c.file, 0, math.MaxInt64)) // of a file that is open
	return string(content)
}

func (c *capture) close() { _ = c.file.Close() }
