//go:build !linux

package main

import "syscall"

// ownGroup keeps a Ctrl-C in the terminal from stopping the nodes under the
// demonstration's hands: it stops them itself, in order.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
