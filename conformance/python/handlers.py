"""Event handlers as people write them in Python. All answer alike; they differ in
how they speak HTTP."""

import base64
import http.server
import json
import socketserver

import flask
import werkzeug.serving

from kit import Inbox, in_background


class Behavior:
    """What the handlers answer, whatever carries it."""

    def __init__(self):
        self.seen = Inbox()  # of (event, user, data) of the events that only notify
        self.connections = 0  # TCP connections, where the handler counts them

    def answer(self, method, headers, body):
        """Returns status, headers and body of the answer to a request."""
        if method == "OPTIONS":
            return 200, {"WebHook-Allowed-Origin": "*"}, b""
        event, user = headers["ce-eventName"], headers.get("ce-userId")
        if event == "connect":
            return self.connect(json.loads(body), user)
        if event in ("connected", "disconnected"):
            self.seen.put((event, user, json.loads(body or b"{}").get("reason")))
            return 204, {}, b""
        if event == "bad":
            return 400, {"Content-Type": "text/plain"}, b"not like this"
        if event == "count":
            n = state(headers).get("n", 0) + 1
            return 200, {"Content-Type": "application/json", "ce-connectionState": encoded({"n": n})}, json.dumps(n).encode()
        return 200, {"Content-Type": headers["Content-Type"]}, body

    def connect(self, request, user):
        if user == "mallory":
            return 401, {"Content-Type": "text/plain"}, b"mallory is not welcome"
        change = {"userId": f"{user}!", "groups": ["lobby"], "roles": ["webpubsub.sendToGroup"]}
        return 200, {"Content-Type": "application/json", "ce-connectionState": encoded({"n": 10})}, json.dumps(change).encode()


def encoded(states):
    return base64.b64encode(json.dumps(states).encode()).decode()


def state(headers):
    return json.loads(base64.b64decode(headers.get("ce-connectionState") or encoded({})))


class Plain(http.server.BaseHTTPRequestHandler):
    """http.server as it comes: HTTP/1.0, a connection for each request."""

    behavior: Behavior

    def do(self):
        self.behavior.connections += self.is_first()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.write(*self.behavior.answer(self.command, self.headers, body))

    do_OPTIONS = do_POST = do

    def is_first(self):
        first, self.used = not getattr(self, "used", False), True
        return first

    def write(self, status, headers, body):
        self.start(status, headers, {"Content-Length": str(len(body))} if body or status != 204 else {})
        self.wfile.write(body)

    def start(self, status, *headers):
        self.send_response(status)
        for name, value in (item for some in headers for item in some.items()):
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


class KeepAlive(Plain):
    """HTTP/1.1: the connection is used again."""

    protocol_version = "HTTP/1.1"


class Unannounced(KeepAlive):
    """HTTP/1.1, but the connection is closed after each answer without saying so."""

    def write(self, *answer):
        super().write(*answer)
        self.close_connection = True


class Chunked(KeepAlive):
    """HTTP/1.1 with answers in chunks of three bytes, and a trailer."""

    def write(self, status, headers, body):
        if status == 204:
            return super().write(status, headers, body)
        self.start(status, headers, {"Transfer-Encoding": "chunked", "Trailer": "X-Done"})
        for i in range(0, len(body), 3):
            part = body[i : i + 3]
            self.wfile.write(b"%x;note=1\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()
        self.wfile.write(b"0\r\nX-Done: yes\r\n\r\n")


class Untold(Plain):
    """HTTP/1.0 without Content-Length: the answer ends with the connection."""

    def write(self, status, headers, body):
        self.start(status, headers)
        self.wfile.write(body)


class Cut(KeepAlive):
    """HTTP/1.1, whose answers to the event "cut" end in the middle."""

    def write(self, status, headers, body):
        if self.headers.get("ce-eventName") != "cut":
            return super().write(status, headers, body)
        self.start(status, headers, {"Content-Length": str(len(body) + 10)})
        self.wfile.write(body)
        self.close_connection = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


def serve(test, kind):
    """Runs a handler of a kind until the test ends; returns its URL and its behavior."""
    behavior = Behavior()
    if kind is flask.Flask:
        server = flask_server(behavior)
    else:
        server = Server(("127.0.0.1", 0), type(kind.__name__, (kind,), {"behavior": behavior}))
    in_background(test, lambda: server.serve_forever(poll_interval=0.02), server.shutdown)
    test.addCleanup(server.server_close)
    return f"http://127.0.0.1:{server.server_port}/eh", behavior


def flask_server(behavior):
    app = flask.Flask(__name__)

    @app.route("/eh", methods=["OPTIONS", "POST"])
    def handle():
        status, headers, body = behavior.answer(flask.request.method, flask.request.headers, flask.request.get_data())
        return flask.Response(body, status, headers)

    return werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietRequest)


class QuietRequest(werkzeug.serving.WSGIRequestHandler):
    def log_request(self, *_):
        pass
