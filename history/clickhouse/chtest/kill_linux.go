package chtest

import "syscall"

// endWithTest lets the server end should the test be killed. The signal comes
// when the thread that starts the server ends, so that one must stay.
func endWithTest() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
