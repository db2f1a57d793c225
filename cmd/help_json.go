package cmd

// helpJSON is the text of "wps help json". TestPrintedJSON checks it against the
// commands, TestHelpJSONAndSchemas against the published schemas.
const helpJSON = `-o json prints JSON on stdout, one object per line, and nothing else; --jq EXPR
filters each object. "event" is the event object that was run. Members without a
value are omitted. New versions may add members, but do not change existing ones.

A command that fails prints the error as the last object on stdout, and as text on
stderr; the exit code is the same as without -o json. The answer no (exit code 3)
and a verdict are results, not errors. With --jq, an expression that makes null of
the error prints nothing for it: --jq .url prints a URL or nothing, --jq .code the
code. The code is that of the service, such as Error.Connection.NotExisted, or
  usage         wrong usage (exit code 2)
  unauthorized  401 or 403 (exit code 4)
  refused       another refusal of the service
  notService    another server answered
  unreachable   no answer from the service
  timeout       no success within --timeout
  closed        the connection was closed
  interrupted   Ctrl-C or a signal (exit code 130)
  failed        anything else

wps COMMAND that fails, after what it printed
  {"ok":false,"error":"...","hint":"...","httpStatus":404,"code":"..."}

wps negotiate, and the answers of negotiate --serve, which first prints its address
  {"baseUrl":"wss://...","url":"wss://...?access_token=...","accessToken":"..."}
  {"type":"listening","url":"http://..."}

wps send, broadcast, close, group join|leave|leave-all, permission grant|revoke, for each target
  {"ok":true,"event":{...}}

wps exists
  {"exists":true,"event":{...}}

wps permission check
  {"allowed":true,"event":{...}}

wps group list, for each connection
  {"connectionId":"c1","userId":"u1"}

wps apply and send --lines, for each event; index counts from 0, status is done, failed or not tried
  {"line":1,"status":"done","index":0,"event":{...},"httpStatus":202,"tries":1,"milliseconds":1.5}
  {"line":2,"status":"done","index":1,"event":{...},"httpStatus":404,"tries":1,"milliseconds":1.5,"yes":false}
  {"line":3,"status":"failed","index":2,"event":{...},"httpStatus":404,"code":"...","error":"...","tries":1,"milliseconds":1.5}
  {"line":4,"status":"done","index":3,"earlier":true}

wps connect, for each message or change of the connection
  {"type":"system","event":"connected","connectionId":"c1","userId":"u1","message":"..."}
  {"type":"message","from":"group","group":"g1","fromUserId":"u1","dataType":"text","data":"...","metadata":{...},"sequenceId":1}
  {"type":"ack","success":true}
  {"type":"closed","code":1000,"reason":"...","message":"..."}

wps emulator, when ready
  {"endpoint":"http://...","clientUrl":"ws://...","connectionString":"...","page":"http://.../#token=..."}

wps emulator --on and wps listen, for each answered event; listen first prints its address, or that a tunnel is open
  {"type":"listening","url":"http://...","negotiate":"http://...","page":"http://.../#token=..."}
  {"type":"tunnel","hub":"chat","state":"connected","connectionId":"t1","connections":1,"error":"...","retrySeconds":1}
  {"type":"event","time":"...","hub":"chat","connectionId":"c1","userId":"u1","subprotocol":"...","event":"message","status":200,"milliseconds":1.5,"reason":"...","eventType":"user","eventId":"2","hook":"...","repeated":true,"requestHeaders":{...},"responseHeaders":{...},"replyDataType":"text","replyBytes":2,"reply":"hi","replyBase64":"...","dataType":"text","bytes":2,"data":"hi"}

wps emulator status
  {"version":"...","started":"...","uptimeSeconds":1,"connections":1,"users":1,"groups":1,"tunnels":0,"followers":0,"hubs":[{"hub":"chat","connections":1,"users":1,"groups":1}]}

wps emulator connections, for each connection
  {"hub":"chat","connectionId":"c1","userId":"u1","subprotocol":"...","groups":["g1"],"moreGroups":1,"queued":0,"queuedBytes":0,"unacknowledged":0,"away":false}

wps emulator groups, for each group
  {"hub":"chat","group":"g1","connections":1}

wps emulator tunnels, for each tunnel connection
  {"hub":"chat","connectionId":"t1","clientId":"...","target":"...","since":"...","inFlight":0}

wps emulator tunnels CONNECTION --ask WHAT
  {"ok":true,"connectionId":"t1","ask":"close"}

wps emulator close
  {"ok":true,"connectionId":"c1"}

wps emulator events, for each event; --data adds chain, payloads, headers, received, sent and rest
  {"id":1,"time":"...","type":"opened","chain":1,"hub":"chat","connectionId":"c1","userId":"u1","subprotocol":"...","groups":["g1"],"roles":["..."]}
  {"id":2,"time":"...","type":"joined","chain":1,"hub":"chat","connectionId":"c1","userId":"u1","group":"g1"}
  {"id":3,"time":"...","type":"left","chain":1,"hub":"chat","connectionId":"c1","userId":"u1","group":"g1"}
  {"id":4,"time":"...","type":"received","chain":2,"hub":"chat","connectionId":"c1","userId":"u1","request":"sendToGroup","ackId":1,"noEcho":true,"ttlSeconds":60,"group":"g1","event":"...","dataType":"text","bytes":2,"data":"hi","metadata":{...}}
  {"id":5,"time":"...","type":"sent","chain":2,"hub":"chat","connectionId":"c1","userId":"u1","request":"ack","ackId":1,"event":"...","code":"...","reason":"...","dataType":"text","bytes":2,"data":"hi","metadata":{...}}
  {"id":6,"time":"...","type":"message","chain":2,"hub":"chat","connectionId":"c1","userId":"u1","target":"group","targetId":"g1","receivers":1,"dataType":"text","bytes":2,"data":"hi","metadata":{...}}
  {"id":7,"time":"...","type":"rest","chain":3,"hub":"chat","method":"PUT","path":"...","status":202,"milliseconds":1.5,"code":"...","reason":"...","dataType":"text","bytes":2,"data":"hi","metadata":{...}}
  {"id":8,"time":"...","type":"refused","chain":4,"hub":"chat","connectionId":"c1","userId":"u1","request":"joinGroup","ackId":1,"noEcho":true,"ttlSeconds":60,"group":"g1","method":"PUT","path":"...","status":404,"milliseconds":1.5,"code":"...","reason":"...","dataType":"text","bytes":2,"data":"hi","metadata":{...}}
  {"id":9,"time":"...","type":"event","chain":2,"hub":"chat","connectionId":"c1","userId":"u1","subprotocol":"...","eventType":"user","event":"message","eventId":"2","hook":"...","status":200,"milliseconds":1.5,"reason":"...","attempts":[{"status":503,"milliseconds":1.5,"error":"..."}],"requestHeaders":{...},"responseHeaders":{...},"dataType":"text","bytes":2,"data":"hi","metadata":{...},"replyDataType":"text","replyBytes":2,"reply":"hi"}
  {"id":10,"time":"...","type":"permission","chain":5,"hub":"chat","connectionId":"c1","userId":"u1","group":"g1","permission":"...","granted":true}
  {"id":11,"time":"...","type":"closed","chain":6,"hub":"chat","connectionId":"c1","userId":"u1","closeCode":1000,"reason":"..."}
  {"id":12,"time":"...","type":"tunnelOpened","hub":"chat","connectionId":"t1","userId":"..."}
  {"id":13,"time":"...","type":"tunnelClosed","hub":"chat","connectionId":"t1","userId":"...","reason":"..."}
also away and recovered (a reliable connection), fault (a connection that was given up), throttled (429 and 503), and dropped, whose count is the number of events that a slow reader has missed. Objects with the same
chain have one cause. Data that is not UTF-8 is dataBase64, replyBase64; left, replyLeft are bytes beyond 64 KiB

wps bench send|connect|fanout|echo, also the format of --save; rates are per second, times in milliseconds
  {"kind":"send","name":"...","endpoint":"http://...","started":"...","interrupted":true,"workers":16,"rate":200,"size":128,"warmupSeconds":2,"seconds":10,"count":2000,"late":1,"perSecond":200,"failed":0,"notStarted":5,"lost":0,"duplicate":0,"outOfOrder":0,"latency":{...},"series":[...],"faults":{"...":1}}
  {"kind":"fanout","connections":100,"groups":1,"inFlight":64,"mostInFlight":64,"sent":1000,"ended":1}
  {"kind":"connect","connections":100,"held":{...}}
members of latency, of each element of series, and of held
  {"latency":{"min":0.1,"mean":1,"stdDev":1,"p50":1,"p90":2,"p99":3,"p999":4,"p9999":5,"max":6,"hdr":"..."}}
  {"series":[{"second":1,"count":200,"failed":0,"p50":1,"p99":3,"max":6}]}
  {"held":{"seconds":30,"stayed":99,"silent":0}}

wps bench compare; before and after are runs as above
  {"before":{...},"after":{...},"unlike":["size"],"differences":[{"measure":"p99 ms","before":3,"after":2,"ratio":0.667}]}

wps bench predict, of deliveries and of events for hooks; rates are per second, maxP99 is in milliseconds
  {"kind":"fanout","workers":4,"connections":500,"groups":1,"size":128,"random":true,"capacity":260,"knee":150,"maxP99":100,"loads":[...]}
  {"kind":"echo","workers":1000,"instances":1,"hooksAtOnce":32,"balance":"round-robin","capacity":640,"knee":600,"maxP99":100,"loads":[...]}
members of each element of loads, and of its latency, in milliseconds
  {"loads":[{"rate":80,"load":0.3,"count":40000,"perSecond":40000,"notStarted":0,"lost":0,"refused":0,"latency":{"mean":10,"p50":9,"p90":20,"p99":30,"max":40}}]}

wps trigger
  {"accepted":true,"status":200,"headers":{...},"body":"...","userId":"u1","roles":[...],"groups":[...],"subprotocol":"...","state":"..."}
  {"accepted":true,"status":200,"headers":{...},"bodyBase64":"...","message":{...}}
  {"accepted":false,"status":500,"headers":{...},"body":"...","problem":"...","retried":true,"clientStatus":500}

wps replay, for each event, frame or request that is sent again
  {"line":3,"type":"event","hub":"chat","connectionId":"c1","userId":"u1","what":"event message","changed":true,"before":{"status":200,"dataType":"text","data":"..."},"after":{"status":200,"dataType":"text","data":"..."},"milliseconds":1.5}
  {"line":4,"type":"received","hub":"chat","connectionId":"c1","userId":"u1","what":"joinGroup g1","changed":false,"before":{"code":"ok"},"after":{"code":"ok"},"milliseconds":1.5}

wps health
  {"healthy":true,"endpoint":"https://...","milliseconds":1.5,"authorized":true}

wps doctor, for each check
  {"check":"dns","status":"ok","text":"...","hint":"...","milliseconds":1.5}

wps wait
  {"ok":true,"for":"group","name":"g1","members":2,"tries":3,"seconds":0.4}

wps context list, for each context
  {"name":"prod","selected":true,"service":"https://...","hub":"chat","problem":"..."}

wps context show
  {"settings":[{"name":"hub","value":"chat","source":"--hub"}]}

wps context add, use, edit, rename and remove
  {"ok":true,"context":"prod","file":"..."}

wps token inspect
  {"kind":"...","hub":"...","endpoint":"...","valid":false,"problem":"...","warnings":["..."],"expires":"...","header":{...},"claims":{...}}

wps version
  {"version":"...","commit":"...","date":"...","modified":false,"go":"...","platform":"..."}
`
