package cmd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/tailscale/hujson"
	"go.yaml.in/yaml/v3"

	"wps/bench"
	kept "wps/cmd/internal/settings"
	"wps/emulator/settings"
	"wps/output"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/trigger"
)

// schemaInput has samples of one input.
type schemaInput struct {
	schema string
	read   func(t *testing.T, text string) error
	valid  []string // that the reader and the schema accept
	bad    []string // that both refuse, for a reason each
}

// TestInputSchemas checks that the schemas of inputs accept what the readers accept, and
// refuse what they refuse.
func TestInputSchemas(t *testing.T) {
	t.Parallel()
	s, seen := newSchemas(), map[string]bool{}
	all := append(append(objectInputs(), answerInputs()...), settingsInputs(t)...)
	for _, in := range append(all, fileInputs(t)...) {
		seen[in.schema] = true
		for _, text := range in.valid {
			if err := in.read(t, text); err != nil {
				t.Errorf("%s: the reader refuses %s: %v", in.schema, text, err)
			}
			if err := s.check(t, in.schema, plainJSON(t, text)); err != nil {
				t.Errorf("%s refuses %s: %v", in.schema, text, err)
			}
		}
		for _, text := range in.bad {
			if err := in.read(t, text); err == nil {
				t.Errorf("%s: the reader accepts %s", in.schema, text)
			}
			if err := s.check(t, in.schema, plainJSON(t, text)); err == nil {
				t.Errorf("%s accepts %s", in.schema, text)
			}
		}
	}
	for input, names := range schemaIndex(t, "Input") {
		if !seen[names[0]] && !writtenForHooks[names[0]] {
			t.Errorf("no sample of the input %q, %s, is read", input, names[0])
		}
	}
}

// writtenForHooks are what hooks and workers get, and what a worker answers. TestHookSchemas
// and TestWorkerSchemas run them.
var writtenForHooks = map[string]bool{
	"hook.schema.json#/$defs/context": true, "hook.schema.json#/$defs/connect": true, "hook.schema.json#/$defs/disconnected": true,
	"hook.schema.json#/$defs/group": true, "hook.schema.json#/$defs/workerEvent": true, "hook.schema.json#/$defs/workerAnswer": true,
}

// plainJSON returns JSON with comments, or YAML, as JSON.
func plainJSON(t *testing.T, text string) string {
	t.Helper()
	if plain, err := hujson.Standardize([]byte(text)); err == nil {
		return string(plain)
	}
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	plain, err := json.Marshal(withNames(v))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return string(plain)
}

// withNames returns a value of YAML with texts as the names of all members, as in JSON.
func withNames(value any) any {
	object, isObject := value.(map[string]any)
	other, isOther := value.(map[any]any)
	if isOther {
		object, isObject = map[string]any{}, true
		for name, one := range other {
			object[fmt.Sprint(name)] = one
		}
	}
	if !isObject {
		return value
	}
	for name, one := range object {
		object[name] = withNames(one)
	}
	return object
}

// objectInputs are the samples of event objects.
func objectInputs() []schemaInput {
	read := func(_ *testing.T, text string) error { _, err := output.Decode([]byte(text)); return err }
	return []schemaInput{{inputSchema, read, []string{
		`{"message":"hi"}`,
		`{"message":"aGk=","dataType":"binary"}`,
		`{"message":{"type":"Buffer","data":[104,105]}}`,
		`{"message":{"type":"Buffer","data":"aGk="},"dataType":"binary"}`,
		`{"message":null,"dataType":"json"}`,
		`{"message":[1,{"a":null}],"dataType":"json"}`,
		`{"message":"","dataType":"text"}`,
		`{"type":"MessageEvent","data":"hi","dataType":"text","targetType":"Groups","targetId":"g/1","excluded":["c1"],"messageTtlSeconds":300,"filter":"userId eq null"}`,
		`{"type":"MessageEvent","message":"hi","targetType":"Users","targetId":"u1","ttlSeconds":0,"metadata":{"k-1":"v"}}`,
		`{"groupAction":"Join","targetType":"Users","targetId":"u1","groupId":"g1"}`,
		`{"action":"LeaveAll","targetType":"Connections","targetId":"c1"}`,
		`{"action":"Leave","targetType":"All","groups":["g1"],"filter":"f"}`,
		`{"connectionId":"c1","reason":"bye"}`,
		`{"type":"CloseConnectionEvent","targetType":"Connections","targetId":"c1"}`,
		`{"type":"CloseConnectionEvent","targetType":"All","excludes":["c1"]}`,
		`{"action":"Check","permission":"sendToGroup","connectionId":"c1","targetName":"g1"}`,
		`{"type":"ExistenceEvent","targetType":"Groups","targetId":"g1"}`,
		`{"actionName":"sendToAll","data":"hi","dataType":"text","excluded":["c1"]}`,
		`{"actionName":"sendToConnection","connectionId":"c1","data":"hi"}`,
		`{"actionName":"sendToUser","userId":"u1","data":{"a":1},"dataType":"json"}`,
		`{"actionName":"sendToGroup","group":"g1","data":{"type":"Buffer","data":[0,255]},"dataType":"binary"}`,
		`{"actionName":"addUserToGroup","userId":"u1","group":"g1"}`,
		`{"actionName":"removeUserFromGroup","userId":"u1","groupId":"g1"}`,
		`{"actionName":"removeUserFromAllGroups","userId":"u1"}`,
		`{"actionName":"addConnectionToGroup","connectionId":"c1","group":"g1"}`,
		`{"actionName":"removeConnectionFromGroup","connectionId":"c1","group":"g1"}`,
		`{"actionName":"closeAllConnections","excluded":["c1"],"reason":"bye"}`,
		`{"actionName":"closeClientConnection","connectionId":"c1"}`,
		`{"actionName":"closeGroupConnections","group":"g1"}`,
		`{"actionName":"grantPermission","connectionId":"c1","permission":"sendToGroup","targetName":"g1"}`,
		`{"actionName":"revokePermission","connectionId":"c1","permission":"joinLeaveGroup","targetName":"g1"}`,
		`{"operation":"grantGroupPermission","connectionId":"c1","permission":"sendToGroup","groupId":"g1"}`,
		`{"operationKind":"sendToGroup","groupId":"g1","message":"hi","dataType":"text"}`,
	}, []string{
		`{}`, `[]`, `"hi"`, `{"type":"X"}`, `{"type":7}`, `{"targetType":"Users","targetId":"u"}`,
		`{"message":1}`, `{"message":{"a":1},"dataType":"text"}`, `{"message":"!","dataType":"binary"}`, `{"message":"a","dataType":"xml"}`,
		`{"message":"a","data":"b"}`, `{"message":"a","mesage":"b"}`, `{"message":"a","groupId":"g"}`, `{"message":"a","targetId":"g"}`,
		`{"message":"a","targetType":"Users"}`, `{"message":"a","targetType":"Users","targetId":" "}`, `{"message":"a","excludes":"c"}`, `{"message":"a","excludes":[""]}`,
		`{"message":"a","targetType":"Users","targetId":"u","excluded":["c"]}`, `{"message":"a","targetType":"Connections","targetId":"c","filter":"f"}`,
		`{"message":"a","ttlSeconds":301}`, `{"message":"a","ttlSeconds":1.5}`, `{"message":"a","messageTtlSeconds":-1}`, `{"message":"a","metadata":{"k":"é"}}`, `{"message":"a","metadata":{"":"v"}}`, `{"message":"a","metadata":{"k":1}}`,
		`{"action":"Kick","targetType":"Users","targetId":"u","groupId":"g"}`, `{"action":"Join","groupAction":"Join","targetType":"Users","targetId":"u","groupId":"g"}`,
		`{"action":"Join","targetType":"Groups","targetId":"u","groupId":"g"}`, `{"action":"Join","targetType":"Users","targetId":"u"}`, `{"action":"LeaveAll","targetType":"Users","targetId":"u","groupId":"g"}`,
		`{"action":"Join","targetType":"Users","targetId":"u","groupId":"g","filter":"f"}`, `{"action":"LeaveAll","targetType":"All","groupIds":["g"],"filter":"f"}`, `{"action":"Join","targetType":"All","groupIds":["g"]}`,
		`{"connectionId":"c","excludes":["d"]}`, `{"connectionId":"c","targetType":"Users","targetId":"u"}`, `{"type":"CloseConnectionEvent","connectionId":"c","targetId":"u"}`,
		`{"permission":"fly","connectionId":"c","action":"Grant","targetName":"g"}`, `{"permission":"sendToGroup"}`, `{"type":"ExistenceEvent","targetType":"Users","targetId":"u","reason":"r"}`,
		`{"actionName":"sendToGrup","group":"g","data":"x"}`, `{"actionName":"sendToGroup","data":"x"}`, `{"actionName":"sendToAll","data":"x","group":"g"}`, `{"actionName":"sendToAll","type":"MessageEvent","data":"x"}`,
		`{"actionName":"sendToUser","userId":"u"}`, `{"operation":"sendToAll","actionName":"sendToAll","data":"x"}`, `{"actionName":"addUserToGroup","userId":"u","group":""}`, `{"actionName":"grantPermission","connectionId":"c1","permission":"sendToGroup"}`,
	}}}
}

// answerInputs are the samples of what hooks answer.
func answerInputs() []schemaInput {
	read := func(kind protocol.EventKind, name string) func(*testing.T, string) error {
		ev := &trigger.Event{EventContext: protocol.EventContext{Kind: kind, Event: name}}
		return func(_ *testing.T, text string) error { _, err := trigger.ParseAnswer(ev, []byte(text)); return err }
	}
	failures := []string{
		`{"error":"no"}`, `{"error":{"code":"unauthorized","error":"no"}}`, `{"error":{}}`, `{"error":null}`, `{"code":"userError","errorMessage":"no"}`,
		`{"code":1}`, `{"code":503}`, `{"code":-1,"errorMessage":null}`, `{"code":"success"}`, `{"retry":true}`, `{"error":{"retry":true}}`,
		`{"states":{"n":1}}`, `{"states":null}`, `{"other":1}`, `{}`, `null`, `[{}]`,
		`{"outputs":[{"message":"hi","dataType":"text"},{"actionName":"closeAllConnections"}]}`,
	}
	badFailures := []string{
		`{"error":1}`, `{"error":["a"]}`, `{"code":"nonsense"}`, `{"code":399}`, `{"code":3}`, `{"error":{"code":"nonsense"}}`, `{"retry":"yes"}`,
		`{"states":"a"}`, `{"states":[1]}`, `{"outputs":{"message":"hi"}}`, `[]`, `[{},{}]`, `"hi"`, `1`,
	}
	return []schemaInput{
		{"hook.schema.json#/$defs/connectResponse", read(protocol.EventSystem, protocol.EventConnect), append([]string{
			`{"userId":"u1","groups":["g1","a/b"],"roles":["webpubsub.sendToGroup"],"subprotocol":"s1","states":{"n":{"a":[]}}}`,
			`{"userId":null,"groups":null,"roles":[],"subprotocol":null}`, `{"subprotocol":""}`, `{"mqtt":{"code":5,"reason":"no"}}`, `{"mqtt":null}`, `{"dataType":7}`,
		}, failures...), append([]string{
			`{"userId":1}`, `{"groups":"g1"}`, `{"groups":[null]}`, `{"groups":[""]}`, `{"roles":[1]}`, `{"roles":"r"}`, `{"subprotocol":[]}`,
		}, badFailures...)},
		{"hook.schema.json#/$defs/messageResponse", read(protocol.EventUser, "message"), append([]string{
			`{"message":"hi"}`, `{"message":"hi","dataType":"text"}`, `{"data":{"a":1},"dataType":"json"}`, `{"message":"aGk=","dataType":"binary"}`, `{"message":"aGk=","dataType":"protobuf"}`,
			`{"message":{"type":"Buffer","data":[1]},"dataType":"binary"}`, `{"message":null}`, `{"message":"hi","dataType":null}`, `{"message":"hi","dataType":"text","metadata":{"k":"v"}}`, `{"metadata":null}`, `{"groups":7}`,
		}, failures...), append([]string{
			`{"message":1}`, `{"message":{"a":1},"dataType":"text"}`, `{"message":"?","dataType":"binary"}`, `{"message":"?","dataType":"protobuf"}`, `{"message":"hi","dataType":"xml"}`,
			`{"message":"hi","metadata":{"k":1}}`, `{"message":"hi","metadata":"k"}`, `{"message":"hi","metadata":{"a b":"v"}}`,
		}, badFailures...)},
	}
}

// settingsInputs are the samples of settings files.
func settingsInputs(t *testing.T) []schemaInput {
	t.Helper()
	read := func(_ *testing.T, text string) error { _, err := settings.Parse("f", []byte(text)); return err }
	vendor := func(handler string) string {
		return `{"WebPubSub":{"Hubs":{"chat":{"EventHandlers":[` + handler + `]}}}}`
	}
	own := func(handler string) string {
		return "hubs:\n  chat:\n    eventHandlers:\n    - " + handler + "\n"
	}
	hub := func(properties string) string {
		return `{"name":"chat","properties":{` + properties + `}}`
	}
	return []schemaInput{
		{"emulator-settings.schema.json", read, []string{
			yamlOf(t, "../docs/emulator.md"), yamlOf(t, schemaFolder+"README.md"),
			"hubs:\n", "hubs: {}\n", `{}`, `{"hubs":{"*":null,"_default":{},"a_1":{"anonymousConnectPolicy":"allow"}}} // all`, "accessKey: \"\"\n", "accessKey: 0123456789abcdef 0123456789abcdef\n", "allowUnvalidatedEntraTokens: true\n", "allowUnvalidatedEntraTokens: \"true\"\n",
			own("urlTemplate: http://h"), own("{urlTemplate: tunnel:///a, systemEvents: connect, userEventPattern: 'a, b.c'}"), own("{urlTemplate: 'https://h/{hub}/{event}?code=x', userEventPattern: [a, b], auth: {type: None, managedIdentity: }}"),
			own("{urlTemplate: http://h, eventPattern: '*', systemEvents: []}"), own("{urlTemplate: http://h, userEventPattern: , eventPattern: a}"), own("{urlTemplate: http://h, auth: }"),
			"hubs:\n  chat:\n    webSocketKeepAliveIntervalInSeconds: 120\n    eventListeners: []\n    anonymousConnectPolicy:\n",
		}, []string{
			"a", "[1]", "Hub: {}\n", "hubs: [a]\n", "hubs:\n  a: 1\n", "hubs:\n  9:\n", "hubs:\n  a b:\n", "accessKey: short\n", "accessKey: ' 0123456789abcdef0123456789abcdef'\n", "accessKey: 0123456789abcdef;0123456789abcdef\n", "accessKey: [a]\n", "allowUnvalidatedEntraTokens: perhaps\n",
			"hubs:\n  chat:\n    handlers: []\n", "hubs:\n  chat:\n    eventHandlers: {}\n", "hubs:\n  chat:\n    anonymousConnectPolicy: perhaps\n", "hubs:\n  chat:\n    webSocketKeepAliveIntervalInSeconds: 0\n", "hubs:\n  chat:\n    webSocketKeepAliveIntervalInSeconds: 20s\n", "hubs:\n  chat:\n    eventListeners: e\n",
			own(""), own("url: http://h"), own("urlTemplate: h"), own("urlTemplate: ftp://h"), own("urlTemplate: tunnel://h"), own("urlTemplate: [http://h]"), own("systemEvents: [connect]"),
			own("{urlTemplate: http://h, systemEvents: [joined]}"), own("{urlTemplate: http://h, userEventPattern: a*}"), own("{urlTemplate: http://h, userEventPattern: [a, {}]}"), own("{urlTemplate: http://h, userEventPattern: a, eventPattern: b}"), own("{urlTemplate: http://h, auth: {type: ManagedIdentity}}"), own("{urlTemplate: http://h, auth: ManagedIdentity}"),
		}},
		{"emulator-settings.schema.json#/$defs/azureHub", read, []string{
			hub(""), `{"name":"chat","properties":null}`, hub(`"anonymousConnectPolicy":"deny","eventHandlers":null,"eventListeners":null,"webSocketKeepAliveIntervalInSeconds":20`),
			`{"id":"/subscriptions/s","name":"Chat","properties":{"eventHandlers":[{"auth":null,"systemEvents":null,"urlTemplate":"https://h/","userEventPattern":null}]},"resourceGroup":"g","systemData":{"createdBy":"me"},"type":"Microsoft.SignalRService/WebPubSub/hubs"}`,
		}, []string{
			hub(`"webSocketKeepAliveIntervalInSeconds":121`), `{"properties":{}}`, `{"name":["a"],"properties":{}}`, `{"name":"a","properties":{},"sku":{}}`, `{"name":"a","properties":{},"type":"Microsoft.SignalRService/WebPubSub"}`,
			hub(`"eventHandlers":[{"urlTemplate":"http://h","auth":{"type":"None","managedIdentity":{"resource":"r"}}}]`),
		}},
		{"emulator-settings.schema.json#/$defs/azureHubs", read, []string{
			`[]`, "[" + hub("") + "]", `[{"name":"a","properties":{}},{"name":"b","properties":{}}]`,
		}, []string{`[1]`, `[{"properties":{}}]`}},
		{"appsettings.schema.json", read, []string{
			textOf(t, "../packaging/compose/appsettings.json"), `{"WebPubSub":null}`, `{"WebPubSub":{}}`, `{"Logging":{"a":1},"Urls":"http://*:8080","WebPubSub":{"AccessKey":"0123456789abcdef0123456789abcdef","AllowUnvalidatedEntraTokens":true,"Hubs":{"chat":null}}} // end`,
			vendor(`{"UrlTemplate":"http://h","SystemEvents":["connect"],"EventPattern":"*","Auth":{"Type":"None"}}`), vendor(`{"UrlTemplate":"http://h","EventPattern":null,}`),
		}, []string{
			`{"WebPubSub":{"Hub":{}}}`, `{"WebPubSub":{"Hubs":{"*":{}}}}`, `{"WebPubSub":{},"Hubs":{}}`, `{"WebPubSub":{},"WebPubSub:AccessKey":"0123456789abcdef0123456789abcdef"}`, `{"WebPubSub":[1]}`, `{"WebPubSub":{},"Urls":["http://*:8080"]}`,
			vendor(`{"Url":"http://h"}`), vendor(`null`), vendor(`{"UrlTemplate":"http://h","SystemEvents":["joined"]}`),
		}},
	}
}

// fileInputs are the samples of other files.
func fileInputs(t *testing.T) []schemaInput {
	t.Helper()
	times, err := hdrhistogram.New(1, 1000, 1).Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	run := `{"kind":"send","started":"2026-01-02T03:04:05Z","workers":1,"warmupSeconds":0,"seconds":1,"count":0,"perSecond":0,"failed":0,"lost":0,"duplicate":0,"outOfOrder":0,"latency":{"min":0,"mean":0,"stdDev":0,"p50":0,"p90":0,"p99":0,"p999":0,"p9999":0,"max":0,"hdr":"` + string(times) + `"},"series":[]}`
	return []schemaInput{
		{"context.schema.json", readContext, []string{
			"endpoint: https://NAME.webpubsub.azure.com\nhub: chat\noutput: json\nroles: [webpubsub.sendToGroup]\n", "connectionString: Endpoint=http://localhost;AccessKey=a\n", "connectionStringCommand: cat secret\ncaFile: /ca.pem\n",
			"envFile: .env\n", "functionsSettings: local.settings.json\ncredential: cli\nclientId: c\ntenantId: t\n",
		}, []string{
			"hub: chat\n", "endpoint: a\nconnectionString: b\n", "connectionStringCommand: a\nconnectionString: b\n", "endpoint: a\noutput: yaml\n", "endpoint:\n", "endpoint: a\nroles: r\n", "endpoint: a\nroles: [[r]]\n", "endpoint: a\nendpont: b\n", "[a]\n", "endpoint: {a: b}\n",
		}},
		{"recording.schema.json", readRecordingLine, []string{
			`{"type":"recording","version":1,"time":"2026-01-02T03:04:05Z","source":"emulator"}`, `{"type":"recording","version":1,"time":"2026-01-02T03:04:05Z","source":"connect","program":"v1","hub":"chat"}`,
			`{"id":1,"time":"2026-01-02T03:04:05Z","type":"opened","hub":"chat","connectionId":"c1"}`, `{"time":"2026-01-02T03:04:05Z","type":"received","connectionId":"c1","request":"joinGroup","ackId":1,"group":"g"}`,
		}, []string{
			`{"type":"recording","version":2,"time":"2026-01-02T03:04:05Z","source":"emulator"}`, `{"type":"recording"}`, `{"time":"2026-01-02T03:04:05Z"}`, `[]`, `{"type":"opened","time":"today","hub":"h","connectionId":"c"}`, `{"type":"rest","time":"2026-01-02T03:04:05Z","method":"GET","path":"/","status":"200"}`,
		}},
		{"bench.schema.json#/$defs/run", func(_ *testing.T, text string) error { _, err := bench.Load(strings.NewReader(text)); return err },
			[]string{run}, []string{`{}`, `[]`, strings.Replace(run, `"kind":"send",`, "", 1), strings.Replace(run, `"hdr":"`, `"hdr":7,"x":"`, 1), strings.Replace(run, `"count":0`, `"count":"0"`, 1), strings.Replace(run, `"series":[]`, `"series":{}`, 1)}},
	}
}

// readContext makes a text the file of a context.
func readContext(t *testing.T, text string) error {
	t.Helper()
	store := kept.NewStore(lookup(map[string]string{"WPS_CONFIG_DIR": t.TempDir()}))
	if err := store.Add(&kept.Context{Name: "one", Endpoint: "http://localhost"}); err != nil {
		t.Fatal(err)
	}
	return store.Replace("one", []byte(text))
}

// readRecordingLine reads a line of a recording: its head, or any other.
func readRecordingLine(_ *testing.T, text string) error {
	if strings.Contains(text, `"recording"`) {
		_, err := traffic.NewReader(strings.NewReader(text))
		return err
	}
	r, err := traffic.NewReader(strings.NewReader("{\"type\":\"recording\",\"version\":1}\n" + text + "\n"))
	if err == nil {
		_, _, err = r.Read()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// yamlOf returns the first block of YAML of a page.
func yamlOf(t *testing.T, page string) string {
	t.Helper()
	_, text, _ := strings.Cut(textOf(t, page), "```yaml\n")
	text, _, found := strings.Cut(text, "```")
	if !found {
		t.Fatalf("%s has no YAML", page)
	}
	return text
}

func textOf(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
