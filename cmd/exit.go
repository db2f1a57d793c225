package cmd

// Exit codes of every command.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitNo           = 3
	exitUnauthorized = 4
	exitInterrupted  = 130
)

// Lines for exits that most commands share.
const (
	exitLineFailed = "  1    the operation failed"
	exitLineUsage  = "  2    wrong usage: a flag, an argument or a missing setting"
	exitLineNo     = "  3    the answer is no"
	exitLineAuth   = "  4    not authorised (401 or 403)"
	exitLineInt    = "  130  interrupted"
)

// exits describes the exit codes of a command for its help.
func exits(lines ...string) map[string]string {
	text := "  0    done\n"
	for _, l := range lines {
		text += l + "\n"
	}
	return map[string]string{"exit": text[:len(text)-1]}
}

func serviceExits(more ...string) map[string]string {
	return exits(append([]string{exitLineFailed, exitLineUsage}, append(more, exitLineAuth, exitLineInt)...)...)
}
