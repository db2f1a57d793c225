package smallinput_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/smallinput"
)

const (
	plainString = "Endpoint=https://h.example;AccessKey=c2VjcmV0;Version=1.0;"
	otherString = "Endpoint=https://h.example;AccessKey=b3RoZXI=;Version=1.0;"
	plainKey    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH="
	plainToken  = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl"
)

// TestSmallInput: what editors, shells and "az" write around a value is not part
// of it.
func TestSmallInput(t *testing.T) {
	t.Parallel()
	cs, key, tok := smallinput.ConnectionString(), smallinput.Key(), smallinput.Token()
	for _, tt := range []struct {
		kind     smallinput.Kind
		in, want string
	}{
		{cs, plainString, plainString},
		{cs, "\ufeff" + plainString + "\r\n", plainString},
		{cs, " \t\n" + plainString + "\n\n", plainString},
		{cs, `"` + plainString + `"`, plainString},
		{cs, "'" + plainString + "'\r\n", plainString},
		{cs, "“" + plainString + "”", plainString},
		{cs, `WPS_CONNECTION_STRING=` + plainString, plainString},
		{cs, `export WebPubSubConnectionString="` + plainString + `";`, plainString},
		{cs, `$env:WPS_CONNECTION_STRING = '` + plainString + `'`, plainString},
		{cs, `WPS_CONNECTION_STRING: "` + plainString + `"`, plainString},
		{cs, "# local\r\nWPS_HUB=chat\r\nWPS_CONNECTION_STRING='" + plainString + "'\r\n", plainString},
		{cs, "AccessKey=c2VjcmV0;Endpoint=https://h.example", "AccessKey=c2VjcmV0;Endpoint=https://h.example"},
		{cs, "Endpoint=https://h.example;\nAccessKey=k;", "Endpoint=https://h.example;\nAccessKey=k;"},
		{cs, `{"connectionString": "` + plainString + `"}`, plainString},
		{cs, "\ufeff{\r\n" + `"primaryConnectionString": "` + plainString + `", "secondaryConnectionString": "` + otherString + `", "primaryKey": "c2VjcmV0"}`, plainString},
		{cs, `{"Values": {"AzureWebJobsStorage": "", "WebPubSubConnectionString": "` + plainString + `"}}`, plainString},
		{cs, `{"ConnectionStrings": {"Chat": "` + plainString + `", "Bus": "Endpoint=sb://b;SharedAccessKeyName=n;SharedAccessKey=k"}}`, plainString},
		{cs, `"primaryConnectionString": "` + plainString + `",`, plainString},
		{cs, "nonsense", "nonsense"},
		{key, plainKey, plainKey},
		{key, "\ufeff" + plainKey + "\r\n", plainKey},
		{key, `"` + plainKey + `"`, plainKey},
		{key, "AccessKey=" + plainKey, plainKey},
		{key, "WPS_EMULATOR_KEY='" + plainKey + "'\n", plainKey},
		{key, `{"primaryKey": "` + plainKey + `", "secondaryKey": "x"}`, plainKey},
		{key, "# rotated in May\n" + plainKey + "\n", plainKey},
		{tok, plainToken + "\r\n", plainToken},
		{tok, "\ufeff'" + plainToken + "'", plainToken},
		{tok, "TOKEN=" + plainToken, plainToken},
		{tok, `{"token": "` + plainToken + `"}`, plainToken},
		{tok, `{"accessToken":"` + plainToken + `","tokenType":"Bearer"}`, plainToken},
		{tok, "Bearer " + plainToken, "Bearer " + plainToken},
		{tok, "wss://h/client/hubs/chat?access_token=" + plainToken, "wss://h/client/hubs/chat?access_token=" + plainToken},
		{tok, "access_token=" + plainToken + "&x=1", "access_token=" + plainToken + "&x=1"},
		{tok, `{"baseUrl":"wss://h/client/hubs/chat","url":"wss://h/client/hubs/chat?access_token=` + plainToken + `","accessToken":"x"}`, "wss://h/client/hubs/chat?access_token=" + plainToken},
		{smallinput.ClientURL(), "wss://h/client/hubs/chat?access_token=" + plainToken + "\r\n", "wss://h/client/hubs/chat?access_token=" + plainToken},
		{smallinput.ClientURL(), "\ufeff'wss://h/client/hubs/chat?access_token=" + plainToken + "'", "wss://h/client/hubs/chat?access_token=" + plainToken},
		{smallinput.ClientURL(), `URL="ws://h/client/hubs/chat?a=b&access_token=` + plainToken + `"`, "ws://h/client/hubs/chat?a=b&access_token=" + plainToken},
		{smallinput.ClientURL(), `{"baseUrl":"wss://h/client/hubs/chat","url":"wss://h/client/hubs/chat?access_token=` + plainToken + `"}`, "wss://h/client/hubs/chat?access_token=" + plainToken},
		{smallinput.ClientURL(), "url      wss://h/x\ntoken    t\n", "url      wss://h/x\ntoken    t"},
	} {
		if got, err := tt.kind.Read(tt.in); err != nil || got != tt.want {
			t.Errorf("Read(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}

// TestSmallInputRefused: an encoding, a placeholder and JSON without the value are
// named; what else the text contains is never repeated.
func TestSmallInputRefused(t *testing.T) {
	t.Parallel()
	cs, key, tok := smallinput.ConnectionString(), smallinput.Key(), smallinput.Token()
	for _, tt := range []struct {
		kind     smallinput.Kind
		in, want string
	}{
		{cs, inUTF16(plainString, 0xff, 0xfe), "UTF-16"},
		{cs, inUTF16(plainString, 0xfe, 0xff), "UTF-16"},
		{key, inUTF16(plainKey, 0xff, 0xfe)[2:], "UTF-16"},
		{tok, inUTF16(plainToken, 0xff, 0xfe), "UTF-16"},
		{cs, "<connection-string>", "<connection-string> is a placeholder for the connection string"},
		{cs, "${CONNECTION_STRING}", "${CONNECTION_STRING} is a placeholder"},
		{cs, "%WPS_CONNECTION_STRING%", "is a placeholder"},
		{cs, `"{connectionString}"`, "{connectionString} is a placeholder"},
		{key, "<your key>", "is a placeholder for the access key"},
		{tok, "$TOKEN", "$TOKEN is a placeholder for the token"},
		{cs, `{"secret": "c2VjcmV0"}`, "the JSON has no connection string"},
		{cs, `{"connectionString": "c2VjcmV0`, "this JSON is not valid"},
		{cs, `{"A": "` + plainString + `", "B": "` + otherString + `"}`, "2 members with a connection string: A, B"},
		{tok, `{"error": "c2VjcmV0"}`, "the JSON has no token"},
		{smallinput.ClientURL(), `{"accessToken": "c2VjcmV0"}`, "the JSON has no client URL"},
		{smallinput.ClientURL(), "<url>", "<url> is a placeholder for the client URL"},
		{smallinput.ClientURL(), inUTF16("wss://h/?access_token=c2VjcmV0", 0xff, 0xfe), "UTF-16"},
	} {
		_, err := tt.kind.Read(tt.in)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "c2Vj") {
			t.Errorf("Read(%q) = %v, want %q and no secret", tt.in, err, tt.want)
		}
	}
}

func inUTF16(text string, mark ...byte) string {
	out := mark
	for _, unit := range utf16.Encode([]rune(text)) {
		if mark[0] == 0xff {
			out = append(out, byte(unit), byte(unit>>8))
		} else {
			out = append(out, byte(unit>>8), byte(unit))
		}
	}
	return string(out)
}

// TestPlaceholders: a connection string of documentation is refused by the name
// of its part, from every source.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Endpoint=https://<name>.webpubsub.azure.com;AccessKey=<access-key>;Version=1.0;": "the placeholder <name> is in Endpoint",
		"Endpoint=https://h.example;AccessKey=<access-key>":                               "AccessKey is the placeholder <access-key>",
		"Endpoint=https://h.example;AccessKey={key}":                                      "AccessKey is the placeholder {key}",
		"Endpoint=https://h.example;AccessKey=...":                                        "AccessKey is the placeholder ...",
		"Endpoint=https://h.example;AccessKey=***;Version=1.0;":                           "AccessKey is the placeholder ***",
		"Endpoint=https://${NAME}.webpubsub.azure.com;AccessKey=k":                        "the placeholder ${NAME} is in Endpoint",
		"Endpoint=https://your-resource.webpubsub.azure.com;AccessKey=k":                  "the placeholder your-resource is in Endpoint",
		"Endpoint=https://h.example;AccessKey=YOUR_ACCESS_KEY":                            "AccessKey is the placeholder YOUR_ACCESS_KEY",
		`"` + plainString + `"`:                                                           "",
	} {
		env := cli.NewEnv(nil, nil, nil, func(name string) (string, bool) { return text, name == "WPS_CONNECTION_STRING" })
		_, _, err := env.Settings.Connection()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Connection of %q = %v, want %q", text, err, want)
		}
	}
}

// TestSmallInputFile: the file is named, and the key of it is not.
func TestSmallInputFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key.txt")
	if err := os.WriteFile(path, []byte(inUTF16(plainKey, 0xff, 0xfe)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := smallinput.Key().ReadFile(path); err == nil || !strings.HasPrefix(err.Error(), path+": the access key is in UTF-16") {
		t.Errorf("ReadFile = %v, want the path and the encoding", err)
	}
}
