#!/usr/bin/env python3
"""Both functions of the spec's sample as a worker: started once, one event a line.

    wps listen --on connect scripts/samples/worker.py --on message scripts/samples/worker.py --worker
"""
import json
import sys


def connect(context, event):
    if context["userId"] == "abc":
        return {"error": {"code": "unauthorized", "error": "Invalid User"}}
    return {"roles": ["Admin"]}


def message(context, event):
    return {
        "outputs": [
            {"type": "GroupEvent", "groupAction": "Join", "targetType": "Users",
             "targetId": context["userId"], "groupId": "group1"},
            {"type": "MessageEvent", "message": event["data"], "dataType": event["dataType"]},
        ],
        "message": "[Ack] message received",
        "dataType": "text",
    }


for line in sys.stdin:
    event = json.loads(line)
    context = event["context"]
    function = {"connect": connect, "message": message}[context["event"]]
    # The answer names the event's id, and leaves at once.
    print(json.dumps({"id": event["id"], **function(context, event)}), flush=True)
