package cmd

// helpHooks is the text of "wps help hooks".
const helpHooks = `A hook answers an event of "wps listen --on EVENT HOOK" or "wps emulator --on EVENT
HOOK". EVENT is [HUB/]EVENT: connect, connected, disconnected, joined, left, the name
of a user event, or * for all other user events; user:NAME is always a user event.
HOOK is a command, a URL that gets the event as it is, or one of :accept, :reject,
:echo and :log.

The command is run without a shell unless it has characters of one. Event data is
never part of a command line.

It gets:
  stdin               the data: of connect the JSON with claims, query, headers,
                      subprotocols and clientCertificates; of a user event its bytes
  WPS_EVENT           the name of the event
  WPS_EVENT_TYPE      system, user or group
  WPS_HUB, WPS_CONNECTION_ID, WPS_USER_ID, WPS_SUBPROTOCOL
                      of the client
  WPS_DATA_TYPE       text, json or binary, of a user event
  WPS_REASON          why a client disconnected
  WPS_GROUP           of joined and left
  WPS_EVENT_ID        the number of the event of its connection
  WPS_STATE           the state of the connection, as JSON
  WPS_CONTEXT         all of it, as JSON; also in the file $WPS_CONTEXT_FILE
  WPS_CONNECTION_STRING
                      of the service, so that a hook can run wps

A WPS_CONTEXT, WPS_STATE or WPS_REASON above 100 KiB is only in the file that
WPS_CONTEXT_FILE, WPS_STATE_FILE or WPS_REASON_FILE names.

It answers connect and user events with its exit code:
  0      success; stdout is the message for the client, or for connect nothing or
         {"userId":"u1","groups":["g1"],"roles":["webpubsub.sendToGroup"],"subprotocol":"...","states":{...}}
  65     the client made an error (400)
  75     try again: the service repeats the event (503)
  77     not authorized (401)
  other  the hook failed (500). The last line of stderr is the reason

Files for more:
  $WPS_RESPONSE  JSON in place of stdout: message, dataType, metadata, states, error, retry
  $WPS_OUTPUT    event objects, one a line, which are run before the answer; see
                 "wps help events"

Examples:
  wps emulator --hub chat --on connect :accept --on message 'jq -c .text'
  wps listen --hub chat --on connect ./connect.sh --on message :echo
`
