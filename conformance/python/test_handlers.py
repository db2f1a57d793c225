"""The emulator against event handlers of other kinds than the official middleware."""

import flask
import websocket
from azure.messaging.webpubsubclient.models import CallbackType

import handlers
from clients import ClientCase
from kit import PATIENCE, running, service


class Handled:
    """The checks of a handler; handler names its kind."""

    handler = None

    def setUp(self):
        url, self.behavior = handlers.serve(self, self.handler)
        self.hub = service(connection_string=self.enterContext(running("emulator", "--addr", "localhost:0", "--handler", url)))

    def connect_as(self, user):
        return self.connect(self.hub, {"user_id": user})

    def ask(self, client, event, data, kind="text"):
        client.client.send_event(event, data, kind)
        return client.next(CallbackType.SERVER_MESSAGE).data

    def test_life(self):
        """A connection from its connect event to its disconnected event."""
        a = self.connect_as("ana")
        self.assertEqual(a.user_id, "ana!")
        self.assertEqual(self.behavior.seen.next()[:2], ("connected", "ana!"))
        a.client.send_to_group("lobby", "hi", "text")
        self.assertEqual(a.next().data, "hi")
        self.assertEqual(self.ask(a, "say", "é" * 1000), "é" * 1000)
        self.assertEqual(self.ask(a, "say", {"n": [1, None]}, "json"), {"n": [1, None]})
        self.assertEqual(bytes(self.ask(a, "say", memoryview(b"\x00\xff" * 50_000), "binary")), b"\x00\xff" * 50_000)
        self.assertEqual([self.ask(a, "count", "") for _ in range(3)], [11, 12, 13])
        self.hub.close_connection(a.connection_id, reason="done")
        event, user, reason = self.behavior.seen.next()
        self.assertEqual((event, user), ("disconnected", "ana!"))
        self.assertIn("done", reason)

    def test_refused(self):
        with self.assertRaises(websocket.WebSocketBadStatusException) as refused:
            url = self.hub.get_client_access_token(user_id="mallory")["url"]
            websocket.create_connection(url, subprotocols=["json.webpubsub.azure.v1"], timeout=PATIENCE)
        self.assertEqual((refused.exception.status_code, refused.exception.resp_body), (401, b"mallory is not welcome"))

    def test_error(self):
        """A refused event is an error for its sender, who stays connected."""
        a = self.connect_as("ana")
        with self.assertRaises(Exception) as refused:
            a.client.send_event("bad", "x", "text")
        self.assertIn("Failed to send message", str(refused.exception))
        self.assertEqual(self.ask(a, "say", "still here"), "still here")


class TestPlain(Handled, ClientCase):
    handler = handlers.Plain


class TestKeepAlive(Handled, ClientCase):
    handler = handlers.KeepAlive

    def test_connections(self):
        """Connections are used again: fewer of them than events."""
        a = self.connect_as("ana")
        for i in range(20):
            self.assertEqual(self.ask(a, "say", str(i)), str(i))
        self.assertLess(self.behavior.connections, 10)


class TestUnannounced(Handled, ClientCase):
    handler = handlers.Unannounced

    def test_many(self):
        """No event is lost to a connection that the handler has closed meanwhile."""
        a = self.connect_as("ana")
        self.assertEqual([self.ask(a, "say", str(i)) for i in range(50)], [str(i) for i in range(50)])


class TestChunked(Handled, ClientCase):
    handler = handlers.Chunked


class TestUntold(Handled, ClientCase):
    handler = handlers.Untold


class TestFlask(Handled, ClientCase):
    handler = flask.Flask


class TestCut(Handled, ClientCase):
    handler = handlers.Cut

    def test_cut(self):
        """Half an answer is an error, never half a message."""
        a = self.connect_as("ana")
        with self.assertRaises(Exception) as failed:
            a.client.send_event("cut", "half of it", "text")
        self.assertIn("Failed to send message", str(failed.exception))
        self.assertEqual(self.ask(a, "say", "whole"), "whole")
        self.assertTrue(a.inbox[CallbackType.SERVER_MESSAGE].empty())
