package foreign

import (
	"maps"
	"strings"
)

// Flags returns the flags of other tools by the command of wps that people
// write them with, each with what to write in its place. "wps" is every command.
func Flags() map[string]map[string]string {
	return map[string]map[string]string{
		"wps":            commonFlags(),
		"wps send":       merged(sendFlags(), targetFlags()),
		"wps broadcast":  sendFlags(),
		"wps connect":    connectFlags(),
		"wps listen":     listenFlags(),
		"wps trigger":    triggerFlags(),
		"wps emulator":   emulatorFlags(),
		"wps negotiate":  negotiateFlags(),
		"wps permission": {"--permission": "sendToGroup or joinLeaveGroup as the first argument"},
		"wps close":      {"--all-connections": "--all", "-y": "--yes", "--force": "--yes", "-f": "--yes"},
		"wps apply":      {"--input": "the file as an argument", "-f": "the file as an argument", "--file": "the file as an argument"},
		"wps bench":      {"--clients": "--connections", "--throughput": "--rate", "--sleep": "--rate"},
	}
}

func merged(a, b map[string]string) map[string]string {
	maps.Copy(a, b)
	return a
}

// commonFlags are those of "az webpubsub", whose services have a name and a
// resource group, and of other command lines.
func commonFlags() map[string]string {
	const service = "--connection-string, or set WPS_CONNECTION_STRING: the connection string names the service"
	return map[string]string{
		"--hub-name": "--hub", "--name": service, "-n": service, "--resource-group": service, "-g": service, "--subscription": service,
		"--connection-id": "--connection", "--user-id": "--user", "--group-name": "--group",
		"--payload": "the message as the last argument", "--query": "--jq", "--only-show-errors": "--quiet", "--silent": "--quiet",
		"--json": "-o json", "--format": "-o json", "--connectionstring": "--connection-string", "--no-color": "--color never", "--log-level": "-v or --debug",
		"--max-retries": "--retries", "--max-time": "--timeout", "--trace": "--debug",
		"--api-key": service, "--access-key": service, "--profile": service, "--project-name": service,
	}
}

func sendFlags() map[string]string {
	const message = "the message as the last argument"
	return map[string]string{
		"--message": message, "-m": message, "--body": message, "-d": message, "--data": message, "--text": message,
		"-l": "--lines", "-f": "--file", "--content-type": "--data-type", "--json": "--data-type json", "--excluded": "--exclude", "--time-to-live": "--ttl",
		"--header": "--meta", "-H": "--meta", "--count": "one command for each, or wps bench send",
	}
}

// targetFlags are those that say who gets a message.
func targetFlags() map[string]string {
	return map[string]string{
		"--topic": "--group", "-t": "--group", "--channel": "--group", "--room": "--group", "--to-group": "--group",
		"--to-user": "--user", "--to": "--group or --user", "--all-connections": "--all", "--everyone": "--all",
	}
}

// connectFlags are those of wscat, websocat, nats and mosquitto_sub.
func connectFlags() map[string]string {
	const stdin = "standard input, as in echo MESSAGE | wps connect --to-group GROUP"
	return map[string]string{
		"-c": "--url", "--connect": "--url", "--uri": "--url", "-s": "--subprotocol", "--protocol": "--subprotocol",
		"-x": stdin, "--execute": stdin, "--message": stdin, "-m": stdin, "-w": "--wait", "-W": "--wait", "-C": "--count",
		"-t": "--join", "--topic": "--join", "--channel": "--join", "--groups": "--join", "--subscribe": "--join", "--sub": "--join", "--send-to": "--to-group", "--roles": "--role",
		"-1": "--count 1", "--one-message": "--count 1", "--token": "--url, with ?access_token=TOKEN at its end",
	}
}

// listenFlags are those of stripe listen, awps-tunnel run and the like.
func listenFlags() map[string]string {
	return map[string]string{
		"--forward-to": "--forward", "-f": "--forward", "--upstream": "--forward", "-u": "--forward", "--forward-connect-to": "--forward", "-c": "--forward",
		"--events": "--on EVENT HOOK", "-e": "--on EVENT HOOK", "--event": "--on EVENT HOOK", "--hooks": "--on EVENT HOOK", "--print-json": "-o json",
		"--skip-verify": "--skip-signature", "-s": "--skip-signature", "--insecure": "--skip-signature",
		"--port": "--addr localhost:PORT", "-p": "--addr localhost:PORT", "--host": "--addr HOST:PORT", "--bind": "--addr HOST:PORT",
		"--urlprefix": "--path", "--secure": "--tls-cert and --tls-key", "--cert": "--tls-cert",
	}
}

func triggerFlags() map[string]string {
	return map[string]string{
		"--override": "--data", "--add": "--data", "--body": "--data", "--payload": "--data", "-d": "--data", "--raw": "--data",
		"--url": "--to", "-u": "--to", "--forward-to": "--to", "--user-id": "--user", "--connection-id": "--connection", "-H": "--header",
	}
}

// emulatorFlags are those of the vendor's emulator, which takes every setting
// as a flag, and of other emulators.
func emulatorFlags() map[string]string {
	const port = "--addr localhost:PORT"
	return map[string]string{
		"--port": port, "-p": port, "--host": "--addr HOST:PORT", "--listen": "--addr HOST:PORT", "--bind": "--addr HOST:PORT", "--access-key": "--key",
		"--config": "--settings", "-c": "--settings", "--config-file": "--settings", "--appsettings": "--settings",
		"--upstream": "--handler", "-u": "--handler", "--event-handler": "--handler", "--forward": "--handler", "--forward-to": "--handler",
		"--environment": "ASPNETCORE_ENVIRONMENT as a variable", "--webpubsub:accesskey": "--key", "--webpubsub:hubs": "--settings",
		"--https": "--tls", "--ssl": "--tls", "--cors": "--cors-origin", "--anonymous": "--allow-anonymous", "--detach": "& at the end, and --ready-file", "-d": "& at the end, and --ready-file",
	}
}

func negotiateFlags() map[string]string {
	return map[string]string{
		"--user-id": "--user", "--userid": "--user", "--roles": "--role", "--groups": "--group", "--claims": "--claim",
		"--ttl": "--expires", "--expire": "--expires", "--minutes-to-expire": "--expires", "--expiration": "--expires", "--lifetime": "--expires",
		"--client-protocol": "--client", "--client-type": "--client", "--port": "--serve", "--addr": "--serve", "--listen": "--serve", "--protocol": "--client",
	}
}

// rootFlags are those of tools without commands, such as wscat; each is a command of
// wps.
func rootFlags() map[string]string {
	return map[string]string{
		"-c": "wps connect URL", "--connect": "wps connect URL",
		"-l": "wps emulator --addr localhost:PORT", "--listen": "wps emulator --addr localhost:PORT",
	}
}

// EquivalentFlag returns what to write in place of a flag of another tool, such as
// "--hub-name" or "-c"; "" if it is none.
//
// path is that of the command, whose words are looked up from the longest to "wps";
// isFlag reports whether the command has a flag of this name.
func EquivalentFlag(path string, isFlag func(name string) bool, flag string) string {
	flag, _, _ = strings.Cut(flag, "=")
	if len(flag) > 2 {
		flag = strings.ToLower(flag)
	}
	if equivalent := rootFlags()[flag]; path == "wps" && equivalent != "" {
		return equivalent
	}
	foreign := Flags()
	for p := path; p != ""; p = p[:max(strings.LastIndexByte(p, ' '), 0)] {
		if equivalent := foreign[p][flag]; equivalent != "" && isUsable(isFlag, equivalent) {
			return equivalent
		}
	}
	if setting, _, isSetting := strings.Cut(flag, ":"); isSetting && setting == "--webpubsub" {
		return "--settings FILE, or a variable such as WebPubSub__Hubs__chat__EventHandlers__0__UrlTemplate"
	}
	return ""
}

// isUsable reports whether a command has the flag that an equivalent begins with.
func isUsable(has func(name string) bool, equivalent string) bool {
	word, _, _ := strings.Cut(equivalent, " ")
	name, isFlag := strings.CutPrefix(strings.TrimSuffix(word, ","), "--")
	return !isFlag || has(name)
}
