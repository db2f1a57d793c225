package cli

// Environment returns the environment of ASP.NET, such as Development, which names a
// settings file; "" if none is set.
//
// Source: the documentation of ASP.NET, "Use multiple environments": DOTNET_ENVIRONMENT
// outranks ASPNETCORE_ENVIRONMENT.
func (s *Settings) Environment() string {
	for _, name := range []string{"DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"} {
		if v, _ := s.LookupEnv(name); v != "" {
			return v
		}
	}
	return ""
}
