// How to connect, as programs of a few lines. Pure, without a document.

const variable = "WebPubSubConnectionString";

/** Returns {name, language, text} for each language; hub is part of the texts. */
export function snippets(hub, endpoint = "http://localhost:8080") {
  const h = JSON.stringify(hub || "chat");
  const insecure = /^http:/.test(endpoint);
  return [
    { name: "JavaScript", text: javascript(h, insecure) },
    { name: "Python", text: python(h) },
    { name: "C#", text: csharp(h) },
    { name: "Go", text: go(h) },
    { name: "wps", text: wps(hub || "chat") },
  ];
}

const javascript = (hub, insecure) => `// npm install @azure/web-pubsub @azure/web-pubsub-client
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient } from "@azure/web-pubsub-client";

const service = new WebPubSubServiceClient(
  process.env.${variable}, ${hub}${insecure ? `,
  { allowInsecureConnection: true }, // for http` : ","}
);
const roles = ["webpubsub.joinLeaveGroup"];
const client = new WebPubSubClient({
  getClientAccessUrl: async () =>
    (await service.getClientAccessToken({ userId: "ana", roles })).url,
});
client.on("group-message", (e) => console.log(e.message.data));
await client.start();
await client.joinGroup("g1");
const text = { contentType: "text/plain" };
await service.group("g1").sendToAll("hello", text);`;

const python = (hub) => `# pip install azure-messaging-webpubsubservice
import os
from azure.messaging.webpubsubservice import WebPubSubServiceClient

service = WebPubSubServiceClient.from_connection_string(
    os.environ["${variable}"], hub=${hub})
print(service.get_client_access_token(user_id="ana")["url"])
service.send_to_group("g1", "hello", content_type="text/plain")`;

const csharp = (hub) => `// dotnet add package Azure.Messaging.WebPubSub
using Azure.Messaging.WebPubSub;

var service = new WebPubSubServiceClient(
    Environment.GetEnvironmentVariable("${variable}"), ${hub});
Console.WriteLine(service.GetClientAccessUri(userId: "ana"));
await service.SendToGroupAsync("g1", "hello");`;

const go = (hub) => `// go get github.com/gorilla/websocket
// export CLIENT_URL=$(wps negotiate -o url \\
//   --hub ${hub.slice(1, -1)} --user ana --group g1)
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/gorilla/websocket"
)

func main() {
	dialer := websocket.Dialer{
		Subprotocols: []string{"json.webpubsub.azure.v1"},
	}
	conn, _, err := dialer.Dial(os.Getenv("CLIENT_URL"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\\n", frame)
	}
}`;

const wps = (hub) => `export WPS_HUB=${hub}
wps connect --user ana --join g1     # in one terminal
wps send --group g1 hello            # in another
wps emulator events -f --data        # watch`;
