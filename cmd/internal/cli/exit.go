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

// Lines of help for the exit codes that most commands share.
const (
	ExitLineFailed       = "  1    the operation failed"
	ExitLineUsage        = "  2    wrong usage: a flag, an argument or a missing setting"
	ExitLineNo           = "  3    the answer is no"
	ExitLineUnauthorized = "  4    not authorized (401 or 403)"
	ExitLineInterrupted  = "  130  interrupted"
)

// Exits returns the annotation that lists a command's exit codes in its help.
func Exits(lines ...string) map[string]string {
	text := "  0    success\n"
	for _, l := range lines {
		text += l + "\n"
	}
	return map[string]string{"exit": text[:len(text)-1]}
}

// ServiceExits is Exits for a command that calls the service, with further lines.
func ServiceExits(more ...string) map[string]string {
	return Exits(append([]string{ExitLineFailed, ExitLineUsage}, append(more, ExitLineUnauthorized, ExitLineInterrupted)...)...)
}
