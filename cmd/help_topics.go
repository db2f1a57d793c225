package cmd

import (
	"strings"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

// topic is a page of help that is no command.
type topic struct {
	name, short string
	text        func(*cobra.Command, *cli.Env) string
	others      []string // further names, which are not listed
}

// topics returns the pages of "wps help TOPIC".
func topics() []topic {
	fixed := func(text string) func(*cobra.Command, *cli.Env) string {
		return func(*cobra.Command, *cli.Env) string { return text }
	}
	return []topic{
		{"environment", "the variables that wps reads and sets", fixed(helpEnvironment), []string{"env", "variables"}},
		{"events", "the event objects of apply, hooks and --dry-run", fixed(helpEvents), []string{"event", "objects"}},
		{"exit-codes", "what each exit code means", fixed(helpExitCodes), []string{"exit-code", "exit", "exitcodes", "status"}},
		{"filter", "the expressions of --filter", fixed(helpFilter), []string{"filters", "odata"}},
		{"flags", "the flags that every command has", commonFlags, []string{"flag", "common-flags"}},
		{"hooks", "how hooks receive and answer events", fixed(helpHooks), []string{"hook"}},
		{"json", "the objects that -o json prints", fixed(helpJSON), []string{"output"}},
	}
}

// findTopic returns the topic of a name in any case.
func findTopic(name string) (topic, bool) {
	name = strings.ToLower(name)
	for _, t := range topics() {
		if t.name == name {
			return t, true
		}
		for _, other := range t.others {
			if other == name {
				return t, true
			}
		}
	}
	return topic{}, false
}

// commonFlags is the text of "wps help flags".
func commonFlags(root *cobra.Command, env *cli.Env) string {
	return "Every command has these flags. A flag outranks its variable: see \"wps help\nenvironment\".\n\n" +
		cli.CommonFlagList(root, env)
}

const helpEnvironment = `A flag outranks a variable, also one of --env-file or a context. A variable that is
set but empty is an error: the secret that it is set from is probably missing.

Which service and hub; of several, the first that is set counts:
  WPS_CONNECTION_STRING                the connection string
  WPS_ENDPOINT                         the endpoint, to sign in with Entra ID
  WebPubSubConnectionString, WebPubSubConnectionString__serviceUri,
  AzureWebJobsWebPubSubConnectionString, WEBPUBSUB_CONNECTION_STRING,
  AZURE_WEBPUBSUB_CONNECTION_STRING    the same, of Azure Functions and the SDKs;
                                       none of all: the context, or the local emulator
  WPS_HUB, WebPubSubHub, WEBPUBSUB_HUB    the hub

Settings and sign-in:
  WPS_CONTEXT                          the context, see "wps context --help"
  WPS_CONFIG_DIR                       the folder with the contexts
  WPS_CREDENTIAL                       how to sign in, as --credential
  AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, ...
                                       what the chosen credential reads

Network and terminal:
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY    the proxy for requests and connections
  WPS_CA_FILE                          certificates to trust, as --ca-file
  SSL_CERT_FILE, SSL_CERT_DIR          the same, except on macOS and Windows
  NO_COLOR, TERM=dumb                  no color with --color auto
  COLUMNS                              the width of help that goes to a pager or a file

wps emulator:
  WPS_EMULATOR_KEY                     the access key
  WebPubSub__AccessKey, WebPubSub__Hubs__HUB__EventHandlers__0__UrlTemplate, ...
                                       settings of the vendor's emulator, over a file
  Urls, DOTNET_URLS, ASPNETCORE_URLS   where to listen
  DOTNET_ENVIRONMENT, ASPNETCORE_ENVIRONMENT
                                       NAME of appsettings.NAME.json of this folder

wps emulator -- COMMAND sets for the command:
  WPS_CONNECTION_STRING, WebPubSubConnectionString, with --hub WPS_HUB

Hooks get WPS_ variables of their event, see "wps help hooks", and
WPS_CONNECTION_STRING, so that they can run wps.
`

const helpEvents = `An event object is one instruction to the service, in JSON or YAML. "wps apply" runs
a stream of them, a hook appends them to the file $WPS_OUTPUT, and --dry-run prints
them. Names of members, and values such as Join, may be in any case.

MessageEvent sends a message
  {"type":"MessageEvent","message":"hi","dataType":"text"}
  {"type":"MessageEvent","targetType":"Groups","targetId":"g1","message":{"n":1},"dataType":"json","excludes":["c1"]}
  {"type":"MessageEvent","targetType":"Users","targetId":"u1","message":"aGk=","dataType":"binary","ttlSeconds":60}
  {"type":"MessageEvent","message":"hi","dataType":"text","filter":"userId ne 'u1'","metadata":{"k":"v"}}
  targetType  All (default), Groups, Users or Connections; targetId names the target
  message     text: a string; json: any value, or a string that holds JSON;
              binary: base64, or {"type":"Buffer","data":[104,105]}
  dataType    text, json or binary. Without it the message is binary, and its
              string is not base64 but UTF-8 text
  excludes    connections that do not get it; for All and Groups
  filter      an expression, see "wps help filter"; not for Connections
  ttlSeconds  0 to 300: drop it for a receiver that has not read it by then

GroupEvent changes who is in a group
  {"type":"GroupEvent","groupAction":"Join","targetType":"Users","targetId":"u1","groupId":"g1"}
  {"type":"GroupEvent","groupAction":"Leave","targetType":"Connections","targetId":"c1","groupId":"g1"}
  {"type":"GroupEvent","groupAction":"LeaveAll","targetType":"Users","targetId":"u1"}
  {"type":"GroupEvent","groupAction":"Join","targetType":"All","groupIds":["g1","g2"],"filter":"userId eq 'u1'"}

CloseConnectionEvent closes connections
  {"type":"CloseConnectionEvent","connectionId":"c1","reason":"maintenance"}
  {"type":"CloseConnectionEvent","targetType":"Users","targetId":"u1"}
  {"type":"CloseConnectionEvent","targetType":"Groups","targetId":"g1","excludes":["c1"]}
  {"type":"CloseConnectionEvent","targetType":"All","reason":"maintenance"}

PermissionEvent changes or checks what a connection may do with a group
  {"type":"PermissionEvent","permissionAction":"Grant","connectionId":"c1","permission":"sendToGroup","targetName":"g1"}
  {"type":"PermissionEvent","permissionAction":"Revoke","connectionId":"c1","permission":"joinLeaveGroup","targetName":"g1"}
  {"type":"PermissionEvent","permissionAction":"Check","connectionId":"c1","permission":"sendToGroup","targetName":"g1"}

ExistenceEvent asks whether a user, a group or a connection exists
  {"type":"ExistenceEvent","targetType":"Users","targetId":"u1"}

"type" may be left out where the other members determine it. The actions of the
Azure Functions binding are taken as they are, as are those of its first previews
  {"actionName":"sendToGroup","group":"g1","data":"hi","dataType":"text"}
  {"actionName":"addUserToGroup","userId":"u1","group":"g1"}
  {"operation":"removeUserFromAllGroups","userId":"u1"}
`

const helpExitCodes = `  0    success; also wps listen, connect and emulator, stopped by Ctrl-C or SIGTERM
  1    the operation failed: no connection, a refusal, a wrong answer; a command of
       several operations, if one of them failed
  2    wrong usage: a flag, an argument or a missing setting. Nothing was sent
  3    the answer is no: exists, permission check
  4    not authorized: 401 or 403 of the service; token inspect: the service would
       refuse the token
  130  interrupted, before the operation was complete

wps emulator -- COMMAND exits with the exit code of the command; 128 and the number
of the signal that ended it.

In a shell:
  wps exists --hub chat --user u1 && wps send --hub chat --user u1 hi
  wps exists --hub chat --user u1; [ $? -eq 3 ] && echo "u1 is away"

Exit codes of hooks are described by "wps help hooks".
`

const helpFilter = `An expression of --filter, and of the member filter of event objects, selects
connections. It is evaluated by the service for each connection.

Fields:
  connectionId  the id of the connection
  userId        the id of its user; null if it is anonymous
  groups        the groups that it is in
  protocol      the name of its subprotocol; null if it has none

Operators: eq, ne, gt, ge, lt, le, in, and, or, not, and parentheses.
Functions: contains, startswith, endswith, indexof, substring, concat, length,
tolower, toupper, trim. Text is in single quotes; a single quote in it is written
twice. Names of fields and operators are case-sensitive.

Examples:
  userId ne 'u1'
  userId eq null
  'g1' in groups
  'g1' in groups and not('g2' in groups)
  startswith(userId, 'team-') or userId eq 'o''neil'
  length(groups) gt 0
  userId in ('u1', 'u2')
  protocol eq 'json.webpubsub.azure.v1'

With wps:
  wps send --hub chat --filter "userId ne 'u1'" hello
  wps group join g1 --hub chat --filter "startswith(userId, 'team-')"
`
