"""wps listen for senders that are no Go program: what http.client and plain sockets
send."""

import hashlib
import hmac
import http.client
import socket
import unittest

from kit import KEY, PATIENCE, running


def headers(event="say", event_id=1, connection="c1"):
    """Returns the header of a user event, signed with the access key."""
    signature = hmac.new(KEY.encode(), connection.encode(), hashlib.sha256).hexdigest()
    return {
        "ce-specversion": "1.0", "ce-type": f"azure.webpubsub.user.{event}", "ce-source": f"/hubs/chat/client/{connection}",
        "ce-id": str(event_id), "ce-time": "2026-01-01T00:00:00Z", "ce-signature": f"sha256={signature}", "ce-hub": "chat",
        "ce-connectionId": connection, "ce-eventName": event, "Content-Type": "text/plain",
    }  # fmt: skip


class TestListen(unittest.TestCase):
    def setUp(self):
        url = self.enterContext(running("listen", "--addr", "localhost:0", "--on", "say", ":echo"))
        self.port = int(url.rsplit(":", 1)[1].strip("/"))
        self.connection = http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)
        self.addCleanup(self.connection.close)

    def post(self, body, sent_headers, **options):
        self.connection.request("POST", "/", body, sent_headers, **options)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def raw(self, *parts, end=False):
        """Sends bytes on a connection of its own and returns all that is answered."""
        with socket.create_connection(("localhost", self.port), PATIENCE) as plain:
            for part in parts:
                plain.sendall(part)
            if end:
                plain.shutdown(socket.SHUT_WR)
            got = b""
            while data := plain.recv(65536):
                got += data
            return got

    def lines(self, version, sent_headers, *more):
        head = [f"POST / HTTP/{version}", "Host: localhost", *(f"{k}: {v}" for k, v in sent_headers.items()), *more]
        return ("\r\n".join(head) + "\r\n\r\n").encode()

    def test_keep_alive(self):
        for i in range(20):
            self.assertEqual(self.post(f"n {i}", headers(event_id=i)), (200, f"n {i}".encode()))

    def test_repeated(self):
        self.assertEqual(self.post("first", headers()), (200, b"first"))
        self.assertEqual(self.post("second", headers()), (200, b"first"))

    def test_chunked(self):
        parts = (b"one ", b"two ", b"three")
        self.assertEqual(self.post(iter(parts), headers(), encode_chunked=True), (200, b"one two three"))

    def test_expect_continue(self):
        head = self.lines("1.1", headers(), "Content-Length: 2", "Expect: 100-continue", "Connection: close")
        with socket.create_connection(("localhost", self.port), PATIENCE) as plain:
            plain.sendall(head)
            self.assertTrue(plain.recv(65536).startswith(b"HTTP/1.1 100 "))
            plain.sendall(b"hi")
            self.assertTrue(plain.recv(65536).startswith(b"HTTP/1.1 200 "))

    def test_http_1_0(self):
        got = self.raw(self.lines("1.0", headers(), "Content-Length: 2"), b"hi")
        self.assertTrue(got.startswith(b"HTTP/1.0 200 ") and got.endswith(b"\r\n\r\nhi"), got)

    def test_byte_by_byte(self):
        request = self.lines("1.1", headers(), "Content-Length: 2", "Connection: close") + b"hi"
        got = self.raw(*(request[i : i + 1] for i in range(len(request))))
        self.assertTrue(got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"hi"), got)

    def test_cut(self):
        """Half an event does not reach the hook; the next one does."""
        got = self.raw(self.lines("1.1", headers(), "Content-Length: 10"), b"half", end=True)
        self.assertNotIn(b"half", got)
        self.assertEqual(self.post("whole", headers()), (200, b"whole"))

    def test_unsigned(self):
        for signature in ("", "sha256=" + "0" * 64, "md5=1"):
            with self.subTest(signature):
                status, body = self.post("x", {**headers(), "ce-signature": signature})
                self.assertEqual(status, 401, body)

    def test_validation(self):
        self.connection.request("OPTIONS", "/", headers={"WebHook-Request-Origin": "localhost"})
        answer = self.connection.getresponse()
        answer.read()
        self.assertEqual(answer.status, 200)
        self.assertIn("localhost", answer.getheader("WebHook-Allowed-Origin").split(", "))
