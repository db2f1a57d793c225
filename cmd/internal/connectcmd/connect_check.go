package connectcmd

import (
	"fmt"
	"net/url"
	"slices"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/smallinput"
	"wps/protocol"
)

// check checks the flags.
func (o *connectOptions) check(given cli.FlagNames) (err error) {
	if o.subprotocol, err = subprotocolOf(o.subprotocol); err != nil {
		return err
	}
	if o.url != "" {
		if o.url, err = smallinput.ClientURL().Read(o.url); err != nil {
			return cli.Usage(fmt.Sprintf("--url: %v", err), "use the URL of wps negotiate -o url")
		}
	}
	switch {
	case o.toGroup != "" && o.event != "":
		return cli.Usagef("--to-group and --event exclude each other")
	case o.simple() && len(o.join) > 0:
		return cli.Usagef("--join does not go with --subprotocol none: a simple client cannot join; --group puts it in a group from the start")
	case o.simple() && o.event != "" && o.event != "message":
		return cli.Usagef("--event %s does not go with --subprotocol none: a simple client sends only the event message", o.event)
	case o.url != "" && (o.user != "" || len(o.groups) > 0 || len(o.roles) > 0):
		return cli.Usagef("--url has its own token: leave out --user, --group and --role")
	case o.url != "" && o.simple() && o.toGroup != "":
		return cli.Usagef("--to-group of a simple client is part of the URL: add webpubsub_mode=sendToGroup&group=%s to --url", url.QueryEscape(o.toGroup))
	case o.noEcho && o.toGroup == "":
		return cli.Usagef("--no-echo goes with --to-group")
	case o.toGroup == "" && o.event == "" && (o.acks || given["data-type"]):
		return cli.Usagef("--acks and --data-type go with --to-group or --event: without them nothing is sent")
	case o.count < 0 || o.wait < 0:
		return cli.Usagef("--count and --wait must be 0 or more")
	}
	if err := o.checkEnd(given); err != nil {
		return err
	}
	return o.checkNames()
}

// checkEnd checks the flags about what is printed and when the command ends.
func (o *connectOptions) checkEnd(given cli.FlagNames) (err error) {
	ends := 0
	for _, name := range []string{"count", "until", "expect"} {
		if given[name] {
			ends++
		}
	}
	switch {
	case ends > 1:
		return cli.Usagef("--count, --until and --expect exclude each other: use one")
	case o.only != "" && o.only != "message" && o.only != "system":
		return cli.Usagef("--only %q is unknown: use message or system", o.only)
	case o.only == "system" && (o.count > 0 || o.expect != ""):
		return cli.Usagef("--only system does not go with --count and --expect, which are about messages")
	case o.only == "system" && o.simple():
		return cli.Usagef("--only system does not go with --subprotocol none: a simple client gets no system messages")
	case o.reconnect && o.sends():
		return cli.Usage("--reconnect does not go with --to-group and --event: lines could be lost or sent twice", "send them with another wps connect, or with wps send --lines")
	}
	if o.until != "" {
		o.matches, err = cli.NewFilter("--until", o.until)
	}
	return err
}

// checkNames checks the names of groups, the event and the data type.
func (o *connectOptions) checkNames() error {
	for _, g := range slices.Concat(o.join, o.groups) {
		if err := protocol.CheckGroup(g); err != nil {
			return cli.Usagef("%v", err)
		}
	}
	if o.toGroup != "" {
		if err := protocol.CheckGroup(o.toGroup); err != nil {
			return cli.Usagef("--to-group: %v", err)
		}
	}
	if o.event != "" {
		if err := protocol.CheckEventName(o.event); err != nil {
			return cli.Usagef("--event: %v", err)
		}
	}
	if _, err := protocol.ParseDataType(o.dataType); err != nil {
		return cli.Usagef("--data-type: %v", err)
	}
	return nil
}
