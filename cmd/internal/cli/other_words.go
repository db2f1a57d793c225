package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// OtherWords are what people type who come from the SDKs, from "az webpubsub" or
// from another message broker, each behind its command, and what it is called
// here.
func OtherWords() map[string]string {
	const (
		send, group, connect = "wps send --group GROUP MESSAGE", "wps group join GROUP --user USER", "wps connect --join GROUP"
		closing, listen      = "wps close --user USER", "wps listen --on EVENT HOOK"
	)
	return map[string]string{
		"wps publish": send, "wps pub": send, "wps sendtogroup": send, "wps emit": send,
		"wps sendtoall": "wps broadcast MESSAGE", "wps sendtouser": "wps send --user USER MESSAGE",
		"wps sendtoconnection": "wps send --connection ID MESSAGE",
		"wps subscribe":        connect, "wps sub": connect, "wps client": connect, "wps tail": connect,
		"wps join": group, "wps add": group, "wps addusertogroup": group,
		"wps leave": "wps group leave GROUP --user USER", "wps remove": "wps group leave GROUP --user USER",
		"wps list": "wps group list GROUP", "wps members": "wps group list GROUP",
		"wps kick": closing, "wps disconnect": closing,
		"wps grant": "wps permission grant PERMISSION --connection ID --group GROUP", "wps revoke": "wps permission revoke PERMISSION --connection ID --group GROUP",
		"wps start": "wps emulator", "wps serve": "wps emulator", "wps server": "wps emulator", "wps run": "wps emulator",
		"wps status": "wps emulator status", "wps connections": "wps emulator connections", "wps events": "wps emulator events -f",
		"wps tunnel": listen, "wps webhook": listen, "wps hook": listen, "wps on": listen,
		"wps ping": "wps health", "wps inspect": "wps token inspect TOKEN", "wps benchmark": "wps bench",
		"wps login":          "export WPS_CONNECTION_STRING=..., from the service's page \"Keys\"",
		"wps emulator start": "wps emulator", "wps emulator list": "wps emulator connections", "wps emulator kick": "wps emulator close ID",
		"wps emulator stop":  "Ctrl-C in the emulator's terminal",
		"wps group add":      group,
		"wps group remove":   "wps group leave GROUP --user USER",
		"wps group members":  "wps group list GROUP",
		"wps group send":     send,
		"wps token create":   "wps negotiate",
		"wps token generate": "wps negotiate",
	}
}

// CalledHere gives the name that a word behind a command has here, "" for none.
func CalledHere(c *cobra.Command, word string) string {
	word = strings.ReplaceAll(strings.ToLower(word), "-", "")
	return OtherWords()[c.CommandPath()+" "+word]
}

// AsFlag gives an argument such as "user u1" as the flag that was meant, "" when
// the command has none of that name.
func AsFlag(c *cobra.Command, args []string) string {
	f := c.Flags().Lookup(args[0])
	switch {
	case f == nil:
		return ""
	case len(args) == 1 || f.NoOptDefVal != "":
		return "--" + f.Name
	}
	return "--" + f.Name + " " + ShellWord(args[1])
}
