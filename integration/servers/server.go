package servers

// Server is a server that answers.
type Server struct {
	// URL is its address, credentials included: kafka://host:port, postgres://… or redis://host:port.
	URL string
	// Way is how it was had.
	Way Way

	end func() error
}

// Close ends a server that was started, and removes what it kept. One from the environment runs on.
func (s *Server) Close() error {
	if s.end == nil {
		return nil
	}
	end := s.end
	s.end = nil
	return end()
}
