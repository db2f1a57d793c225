package cli

// Exit codes of every command.
const (
	exitOK           = 0
	ExitFailed       = 1
	exitUsage        = 2
	exitNo           = 3
	ExitUnauthorized = 4
	ExitInterrupted  = 130
)

// Lines for exits that most commands share.
const (
	ExitLineFailed = "  1    the operation failed"
	ExitLineUsage  = "  2    wrong usage: a flag, an argument or a missing setting"
	ExitLineNo     = "  3    the answer is no"
	ExitLineAuth   = "  4    not authorised (401 or 403)"
	ExitLineInt    = "  130  interrupted"
)

// Exits describes the exit codes of a command for its help.
func Exits(lines ...string) map[string]string {
	text := "  0    done\n"
	for _, l := range lines {
		text += l + "\n"
	}
	return map[string]string{"exit": text[:len(text)-1]}
}

// ServiceExits describes the exit codes of a command that calls the service, and
// more of them.
func ServiceExits(more ...string) map[string]string {
	return Exits(append([]string{ExitLineFailed, ExitLineUsage}, append(more, ExitLineAuth, ExitLineInt)...)...)
}
