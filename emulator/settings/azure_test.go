package settings_test

import (
	"testing"

	"wps/emulator/settings"
)

// azureHub is what az webpubsub hub show -o json prints of a hub.
const azureHub = `{
  "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.SignalRService/WebPubSub/w/hubs/Chat",
  "name": "Chat",
  "properties": {
    "anonymousConnectPolicy": "allow",
    "eventHandlers": [
      {
        "auth": { "managedIdentity": null, "type": "None" },
        "systemEvents": [ "connect" ],
        "urlTemplate": "https://example.test/{hub}/{event}",
        "userEventPattern": "a,b"
      },
      { "auth": null, "systemEvents": null, "urlTemplate": "https://example.test/", "userEventPattern": null }
    ],
    "eventListeners": null,
    "webSocketKeepAliveIntervalInSeconds": 20
  },
  "resourceGroup": "g",
  "systemData": { "createdBy": "me" },
  "type": "Microsoft.SignalRService/WebPubSub/hubs"
}`

// TestAzure: a hub as Azure prints it is read as it is. A handler gets only the
// events that it names.
func TestAzure(t *testing.T) {
	t.Parallel()
	const chat = "Chat>https://example.test/{hub}/{event} connect a,b; Chat>https://example.test/  ; anonymous=[Chat] key=0 entra=false urls="
	for name, tt := range map[string]struct{ text, want string }{
		"show":           {azureHub, chat},
		"list":           {"[" + azureHub + `, {"name":"quiet","properties":{}}]` + "\n", chat},
		"no properties":  {`{"name":"a","properties":null}`, nothing},
		"empty list":     {"[]", nothing},
		"auth elsewhere": {`{"WebPubSub":{"Hubs":{"a":{"EventHandlers":[{"UrlTemplate":"http://h","Auth":{"Type":"none"}}]}}}}`, "a>http://h  ; " + nothing},
		"as YAML":        {"name: a\nproperties:\n  eventHandlers:\n  - urlTemplate: http://h\n    auth: {type: None}\n", "a>http://h  ; " + nothing},
	} {
		s, err := settings.Parse("f", []byte(tt.text))
		if got := shown(s); err != nil || got != tt.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, tt.want)
		}
	}
}

func TestAzureErrors(t *testing.T) {
	t.Parallel()
	checkWrong(t, []wrong{
		{`{"name":"a","properties":{"eventHandlers":[` + "\n" + `{"urlTemplate":"http://h","auth":{"type":"None","managedIdentity":{"resource":"r"}}}]}}`, "f:2: the emulator has no managed identity", ""},
		{`{"name":"a","properties":{` + "\n" + `"webSocketKeepAliveIntervalInSeconds":121}}`, `f:2: webSocketKeepAliveIntervalInSeconds is "121"`, "from 1 to 120"},
		{`{"name":"a","properties":{},` + "\n" + `"type":"Microsoft.SignalRService/WebPubSub"}`, `f:2: a resource of type "Microsoft.SignalRService/WebPubSub" is not a hub`, "az webpubsub hub show"},
		{`{"name":"a","properties":{},` + "\n" + `"sku":{}}`, `f:2: unknown member "sku"`, ""},
		{`{"properties":{}}`, "f:1: a hub of Azure without a name", ""},
		{`{"name":["a"],"properties":{}}`, "f:1: name must be a text", ""},
		{`{"name":"service/a","properties":{}}`, "f:1: hub name", ""},
		{`{"name":"*","properties":{}}`, "f:1: hub name", ""},
		{`{"name":"a","properties":{},` + "\n" + `"hubs":{}}`, `f:2: unknown member "hubs"`, ""},
		{`[{"name":"a","properties":{}},` + "\n" + `{"name":"A","properties":{}}]`, `f:2: hub "A" comes twice`, ""},
		{`[{"name":"a","properties":{}},` + "\n" + `1]`, "f:2: a hub of Azure must be a mapping", ""},
		{"- a\n", "f:1: a hub of Azure must be a mapping", ""},
	})
}
