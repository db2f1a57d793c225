package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// ForeignCommands returns the names that the SDKs, "az webpubsub" and other
// message brokers have for commands, each with its equivalent in wps.
func ForeignCommands() map[string]string {
	const (
		send, join, connect = "wps send --group GROUP MESSAGE", "wps group join GROUP --user USER", "wps connect --join GROUP"
		leave, list         = "wps group leave GROUP --user USER", "wps group list GROUP"
		disconnect, listen  = "wps close --user USER", "wps listen --on EVENT HOOK"
	)
	return map[string]string{
		"wps publish": send, "wps pub": send, "wps sendtogroup": send, "wps emit": send,
		"wps sendtoall": "wps broadcast MESSAGE", "wps sendtouser": "wps send --user USER MESSAGE",
		"wps sendtoconnection": "wps send --connection ID MESSAGE",
		"wps subscribe":        connect, "wps sub": connect, "wps client": connect, "wps tail": connect,
		"wps join": join, "wps add": join, "wps addusertogroup": join,
		"wps leave": leave, "wps remove": leave,
		"wps list": list, "wps members": list,
		"wps kick": disconnect, "wps disconnect": disconnect,
		"wps grant": "wps permission grant PERMISSION --connection ID --group GROUP", "wps revoke": "wps permission revoke PERMISSION --connection ID --group GROUP",
		"wps start": "wps emulator", "wps serve": "wps emulator", "wps server": "wps emulator", "wps run": "wps emulator",
		"wps status": "wps emulator status", "wps connections": "wps emulator connections", "wps events": "wps emulator events -f",
		"wps tunnel": listen, "wps webhook": listen, "wps hook": listen, "wps on": listen,
		"wps ping": "wps health", "wps inspect": "wps token inspect TOKEN", "wps benchmark": "wps bench",
		"wps login":          "export WPS_CONNECTION_STRING=..., from the service's page \"Keys\"",
		"wps emulator start": "wps emulator", "wps emulator list": "wps emulator connections", "wps emulator kick": "wps emulator close ID",
		"wps emulator stop":  "Ctrl-C in the emulator's terminal",
		"wps group add":      join,
		"wps group remove":   leave,
		"wps group members":  list,
		"wps group send":     send,
		"wps token create":   "wps negotiate",
		"wps token generate": "wps negotiate",
	}
}

// EquivalentCommand returns what the argument name of c is called in wps, "" if
// it is no foreign command.
func EquivalentCommand(c *cobra.Command, name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "-", "")
	return ForeignCommands()[c.CommandPath()+" "+name]
}
