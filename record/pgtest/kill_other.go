//go:build !linux

package pgtest

import "syscall"

func endWithTest(*syscall.SysProcAttr) {}

// Kill ends the server at once; its children notice soon after.
func (s *Server) Kill() error {
	err := s.process.Kill()
	<-s.gone
	return err
}
