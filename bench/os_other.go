//go:build !linux

package main

import (
	"errors"
	"os/exec"
)

var errLinux = errors.New("the benchmark needs Linux")

type share struct{}

func newShare(float64) share                   { return share{} }
func (share) String() string                   { return "" }
func (share) limit(int, <-chan struct{}) error { return errLinux }
func (share) close()                           {}
func keepOff(int) error                        { return errLinux }
func lastCPU() (int, error)                    { return 0, errLinux }
func startOn(int, share, *exec.Cmd) error      { return errLinux }
func pageFaults(int) (int, error)              { return 0, errLinux }
func peakMemory(int) (int, error)              { return 0, errLinux }
