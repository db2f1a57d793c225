// Package foreign holds the commands and flags of other tools for Web PubSub, WebSockets
// and webhooks, with what is written in their place in wps.
package foreign

import (
	"maps"
	"strings"
)

// Commands returns the command lines of other tools, each with its equivalent in
// wps: a command line, in which words in capitals are to be replaced, or a sentence.
// Words are in lower case, without the dashes in them.
func Commands() map[string]string {
	all := map[string]string{}
	for _, some := range []map[string]string{azCommands(), sdkCommands(), brokerCommands(), serverCommands()} {
		maps.Copy(all, some)
	}
	return all
}

// Equivalents that several tools have another name for.
const (
	foreignSend      = "wps send --group GROUP MESSAGE"
	foreignSendUser  = "wps send --user USER MESSAGE"
	foreignBroadcast = "wps broadcast MESSAGE"
	foreignJoin      = "wps group join GROUP --user USER"
	foreignLeave     = "wps group leave GROUP --user USER"
	foreignList      = "wps group list GROUP"
	foreignConnect   = "wps connect --join GROUP"
	foreignClose     = "wps close --user USER"
	foreignListen    = "wps listen --on EVENT HOOK"
	foreignForward   = "wps listen --forward URL"
	foreignTunnel    = "wps listen --tunnel --hub HUB --forward URL"
	foreignEmulator  = "wps emulator"
	foreignEvents    = "wps emulator events -f"
	foreignLogin     = `az login, and --endpoint https://NAME.webpubsub.azure.com; or export WPS_CONNECTION_STRING=..., from the service's page "Keys"`
	foreignContext   = "wps context add NAME"
	foreignControl   = "az webpubsub"
)

// azCommands are those of "az webpubsub", with and without that before them.
//
// Source: the reference of the extension webpubsub of the Azure CLI.
func azCommands() map[string]string {
	names := map[string]string{
		"service":                        "one of wps send, wps broadcast, wps group, wps close, wps exists and wps permission",
		"service broadcast":              foreignBroadcast,
		"service connection":             "one of wps send and wps exists with --connection ID, and wps close ID",
		"service connection exist":       "wps exists --connection ID",
		"service connection close":       "wps close ID",
		"service connection send":        "wps send --connection ID MESSAGE",
		"service group":                  "wps group",
		"service group addconnection":    "wps group join GROUP --connection ID",
		"service group removeconnection": "wps group leave GROUP --connection ID",
		"service group adduser":          foreignJoin,
		"service group removeuser":       foreignLeave,
		"service group send":             foreignSend,
		"service user":                   "one of wps send and wps exists, with --user USER",
		"service user send":              foreignSendUser,
		"service user exist":             "wps exists --user USER",
		"service permission":             "wps permission",
		"service permission grant":       "wps permission grant sendToGroup --connection ID --group GROUP",
		"service permission revoke":      "wps permission revoke sendToGroup --connection ID --group GROUP",
		"service permission check":       "wps permission check sendToGroup --connection ID --group GROUP",
		"client":                         foreignConnect,
		"client start":                   "wps connect --user USER",
		"key":                            "az webpubsub key show --query primaryConnectionString -o tsv",
		"key show":                       "az webpubsub key show --query primaryConnectionString -o tsv",
		"hub":                            "az webpubsub hub; wps emulator --settings FILE reads what az webpubsub hub show prints",
		"create":                         foreignControl, "delete": foreignControl, "show": foreignControl, "update": foreignControl, "restart": foreignControl,
		"listusage": foreignControl, "networkrule": foreignControl, "replica": foreignControl, "identity": foreignControl,
	}
	all := map[string]string{"wps webpubsub": "without the word webpubsub, as in wps broadcast MESSAGE", "wps az": "without the words az webpubsub, as in wps broadcast MESSAGE"}
	for name, equivalent := range names {
		all["wps "+name], all["wps webpubsub "+name], all["wps az webpubsub "+name] = equivalent, equivalent, equivalent
	}
	for _, name := range []string{"connection", "connection exist", "connection close", "connection send", "user", "user send", "user exist"} {
		all["wps "+name] = names["service "+name]
	}
	all["wps connection exists"], all["wps user exists"] = names["service connection exist"], names["service user exist"]
	all["wps user join"], all["wps user add"], all["wps user leave"], all["wps user remove"] = foreignJoin, foreignJoin, foreignLeave, foreignLeave
	all["wps user close"], all["wps user kick"], all["wps user disconnect"] = foreignClose, foreignClose, foreignClose
	return all
}

// sdkCommands are the methods of the SDKs and the actions of the Functions binding.
func sdkCommands() map[string]string {
	return map[string]string{
		"wps sendtoall": foreignBroadcast, "wps sendtogroup": foreignSend, "wps sendtouser": foreignSendUser,
		"wps sendtoconnection": "wps send --connection ID MESSAGE",
		"wps addusertogroup":   foreignJoin, "wps removeuserfromgroup": foreignLeave,
		"wps removeuserfromallgroups":   "wps group leave-all --user USER",
		"wps addconnectiontogroup":      "wps group join GROUP --connection ID",
		"wps removeconnectionfromgroup": "wps group leave GROUP --connection ID",
		"wps closeallconnections":       "wps close --all", "wps closeall": "wps close --all",
		"wps closeclientconnection": "wps close ID", "wps closeconnection": "wps close ID",
		"wps closegroupconnections": "wps close --group GROUP", "wps closeuserconnections": foreignClose,
		"wps grantpermission":  "wps permission grant sendToGroup --connection ID --group GROUP",
		"wps revokepermission": "wps permission revoke sendToGroup --connection ID --group GROUP",
		"wps haspermission":    "wps permission check sendToGroup --connection ID --group GROUP",
		"wps userexists":       "wps exists --user USER", "wps groupexists": "wps exists --group GROUP", "wps connectionexists": "wps exists --connection ID",
		"wps getclientaccesstoken": "wps negotiate", "wps generatetoken": "wps negotiate", "wps gettoken": "wps negotiate",
	}
}

// brokerCommands are those of message brokers and of their command lines: nats,
// mosquitto, redis, Ably, Pusher and others.
func brokerCommands() map[string]string {
	return map[string]string{
		"wps publish": foreignSend, "wps pub": foreignSend, "wps emit": foreignSend, "wps message": foreignSend,
		"wps subscribe": foreignConnect, "wps sub": foreignConnect, "wps tail": foreignConnect, "wps monitor": foreignEvents,
		"wps req": "wps connect --event EVENT --count 1", "wps request": "wps connect --event EVENT --count 1",
		"wps reply": foreignListen, "wps rtt": "wps health", "wps latency": "wps bench echo", "wps benchmark": "wps bench",
		"wps server check": "wps health",
		"wps join":         foreignJoin, "wps add": foreignJoin, "wps leave": foreignLeave, "wps remove": foreignLeave,
		"wps list": foreignList, "wps members": foreignList, "wps presence": foreignList,
		"wps channel": "wps group", "wps channels": "wps group", "wps room": "wps group", "wps topic": "wps group",
		"wps channels publish": foreignSend, "wps channels subscribe": foreignConnect,
		"wps kick": foreignClose, "wps disconnect": foreignClose,
		"wps grant":     "wps permission grant sendToGroup --connection ID --group GROUP",
		"wps revoke":    "wps permission revoke sendToGroup --connection ID --group GROUP",
		"wps group add": foreignJoin, "wps group remove": foreignLeave, "wps group members": foreignList, "wps group send": foreignSend,
		"wps group adduser": foreignJoin, "wps group removeuser": foreignLeave, "wps group show": foreignList,
		"wps group addconnection": "wps group join GROUP --connection ID", "wps group removeconnection": "wps group leave GROUP --connection ID",
	}
}

// serverCommands are those of tools that run a server, a tunnel or an emulator:
// awps-tunnel, awps-emulator, stripe, ngrok and others.
func serverCommands() map[string]string {
	return map[string]string{
		"wps start": foreignEmulator, "wps serve": foreignEmulator, "wps server": foreignEmulator, "wps up": foreignEmulator,
		"wps awpsemulator": foreignEmulator, "wps emulate": foreignEmulator,
		"wps run": foreignTunnel, "wps tunnel": foreignTunnel, "wps forward": foreignForward, "wps proxy": foreignForward, "wps http": foreignForward,
		"wps awpstunnel": foreignTunnel, "wps awpstunnel run": foreignTunnel, "wps bind": foreignContext, "wps awpstunnel bind": foreignContext,
		"wps webhook": foreignListen, "wps hook": foreignListen, "wps on": foreignListen, "wps logs": foreignEvents, "wps logs tail": foreignEvents,
		"wps resend": "wps trigger EVENT", "wps events resend": "wps trigger EVENT", "wps fixtures": "wps apply FILE",
		"wps status": "wps emulator status", "wps connections": "wps emulator connections", "wps events": foreignEvents,
		"wps ping": "wps health", "wps inspect": "wps token inspect TOKEN", "wps decode": "wps token inspect TOKEN",
		"wps login": foreignLogin, "wps config": foreignContext, "wps switch": "wps context use NAME",
		"wps emulator start": foreignEmulator, "wps emulator run": foreignEmulator, "wps emulator list": "wps emulator connections",
		"wps emulator kick": "wps emulator close ID", "wps emulator logs": foreignEvents,
		"wps emulator stop": "Ctrl-C in the emulator's terminal",
		"wps token create":  "wps negotiate", "wps token generate": "wps negotiate", "wps token decode": "wps token inspect TOKEN", "wps token verify": "wps token inspect TOKEN",
	}
}

// EquivalentCommand returns what the arguments of the command path, which begin with the
// name of no command, are called in wps; "" if they are no foreign command. The longest of their
// beginnings that is one counts.
func EquivalentCommand(path string, args ...string) string {
	words := make([]string, 0, len(args))
	for _, arg := range args[:min(len(args), maxForeignWords)] {
		words = append(words, strings.ReplaceAll(strings.ToLower(arg), "-", ""))
	}
	foreign := Commands()
	for n := len(words); n > 0; n-- {
		if equivalent := foreign[path+" "+strings.Join(words[:n], " ")]; equivalent != "" {
			return equivalent
		}
	}
	if len(args) > 0 && IsClientURL(args[0]) {
		return "wps connect --url URL"
	}
	return ""
}

// maxForeignWords is how many words the longest foreign command has.
const maxForeignWords = 5

// IsClientURL reports whether an argument is the URL of a client, as wscat and
// websocat take it.
func IsClientURL(arg string) bool {
	return strings.HasPrefix(arg, "ws://") || strings.HasPrefix(arg, "wss://")
}
