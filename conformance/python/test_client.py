"""Every operation of azure-messaging-webpubsubclient, blocking and asynchronous."""

from azure.messaging.webpubsubclient.aio import WebPubSubClient as AioClient
from azure.messaging.webpubsubclient.aio import WebPubSubClientCredential as AioCredential
from azure.messaging.webpubsubclient.models import CallbackType, OpenClientError, SendMessageError

from clients import JSON, ONCE, RELIABLE, ClientCase, Connected
from kit import Blocking, Inbox, Loop, Recorder, public_methods, running, service

ALL = {"roles": ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"]}


class TestClient(ClientCase):
    """The blocking client."""

    def test_groups(self):
        hub = service()
        for protocol in (JSON, RELIABLE):
            with self.subTest(protocol):
                a = self.connect(hub, {"user_id": "ana", **ALL}, protocol=protocol)
                b = self.connect(hub, ALL, protocol=protocol)
                self.assertEqual(a.user_id, "ana")
                a.client.join_group("g")
                b.client.join_group("g")
                for data, kind in (("text", "text"), ({"n": [1, "é"]}, "json"), (memoryview(b"\x00\xff"), "binary")):
                    a.client.send_to_group("g", data, kind)
                    for c in (a, b):
                        got = c.next()
                        self.assertEqual((got.data, got.data_type, got.group, got.from_user_id), (data, kind, "g", "ana"))
                a.client.send_to_group("g", "b only", "text", no_echo=True)
                self.assertEqual(b.next().data, "b only")
                b.client.leave_group("g")
                a.client.send_to_group("g", "a only", "text", ack=False)
                self.assertEqual(a.next().data, "a only")
                a.client.leave_group("g")
                self.assertFalse(hub.group_exists("g"))
                self.assertTrue(b.inbox[CallbackType.GROUP_MESSAGE].empty())

    def test_server_messages(self):
        hub = service()
        a = self.connect(hub)
        for message, data in (("hello", "hello"), ({"n": 1}, {"n": 1}), (b"\x00\xff", memoryview(b"\x00\xff"))):
            kind = {str: "text/plain", dict: "application/json", bytes: "application/octet-stream"}[type(message)]
            hub.send_to_all(message, content_type=kind)
            self.assertEqual(a.next(CallbackType.SERVER_MESSAGE).data, data)

    def test_refused(self):
        a = self.connect(service())
        with self.assertRaises(SendMessageError) as refused:
            a.client.join_group("g")
        self.assertEqual(refused.exception.error_detail.name, "Forbidden")
        with self.assertRaises(SendMessageError):
            a.client.send_to_group("g", "x", "text")
        self.assertTrue(a.client.is_connected())

    def test_duplicate(self):
        """An ack id that was used before is done once, and no error."""
        a = self.connect(service(), ALL)
        a.client.join_group("g", ack_id=77)
        a.client.join_group("g", ack_id=77)
        a.client.send_to_group("g", "x", "text", ack_id=78)
        a.client.send_to_group("g", "x", "text", ack_id=78)
        a.client.send_to_group("g", "end", "text")
        self.assertEqual({a.next().data, a.next().data}, {"x", "end"})

    def test_events(self):
        """Events of every data type, answered by a hook, and one that is refused."""
        with running("emulator", "--addr", "localhost:0", "--on", "say", ":echo", "--on", "bad", ":reject") as connection_string:
            a = self.connect(service(connection_string=connection_string))
            for data, kind in (("text", "text"), ({"n": 1}, "json"), (memoryview(b"\x00\xff"), "binary")):
                a.client.send_event("say", data, kind)
                got = a.next(CallbackType.SERVER_MESSAGE)
                self.assertEqual((got.data, got.data_type), (data, kind))
            a.client.send_event("say", memoryview(b"\x0a\x00"), "protobuf", ack=False)
            self.assertEqual(bytes(a.next(CallbackType.SERVER_MESSAGE).data), b"\x0a\x00")
            with self.assertRaises(SendMessageError):
                a.client.send_event("bad", "x", "text")

    def test_recovery(self):
        """After each cut every message arrives, once, on the same connection."""
        hub = service()
        proxy, url = self.through_proxy(hub, groups=["g"], **ALL)
        a = Connected(self, self.credential(url), protocol=RELIABLE)
        got = []
        for i in range(3):
            hub.send_to_group("g", f"before {i}", content_type="text/plain")
            got.append(a.next())
            self.assertEqual(proxy.cut(), 1)
            hub.send_to_group("g", f"after {i}", content_type="text/plain")
            got.append(a.next())
        self.assertEqual([m.data for m in got], [f"{when} {i}" for i in range(3) for when in ("before", "after")])
        self.assertEqual([m.sequence_id for m in got], sorted({m.sequence_id for m in got}))
        self.assertTrue(hub.connection_exists(a.connection_id))
        self.assertTrue(a.inbox[CallbackType.DISCONNECTED].empty())

    def test_reconnect(self):
        """Without recovery a cut leads to a new connection, which is in its groups again."""
        hub = service()
        proxy, url = self.through_proxy(hub, **ALL)
        a = Connected(self, self.credential(url), reconnect_retry_total=5, reconnect_retry_backoff_factor=0.1)
        a.client.join_group("g")
        proxy.cut()
        self.assertEqual(a.next(CallbackType.DISCONNECTED).connection_id, a.connection_id)
        self.assertNotEqual(a.next(CallbackType.CONNECTED).connection_id, a.connection_id)
        a.client.send_to_group("g", "back", "text")
        self.assertEqual(a.next().data, "back")

    def test_closed_by_service(self):
        hub = service()
        a = self.connect(hub)
        hub.close_connection(a.connection_id, reason="maintenance")
        self.assertIn("maintenance", a.next(CallbackType.DISCONNECTED).message)
        a.next(CallbackType.STOPPED)
        self.assertFalse(a.client.is_connected())

    def test_closed_by_client(self):
        hub = service()
        a = self.connect(hub, protocol=RELIABLE)
        a.client.close()
        a.next(CallbackType.STOPPED)
        self.assertFalse(a.client.is_connected())
        self.assertFalse(hub.connection_exists(a.connection_id))

    def test_unsubscribe(self):
        hub = service()
        a = self.connect(hub, {"groups": ["g"]})
        inbox = Inbox()
        listener = self.listener(inbox)
        a.client.subscribe(CallbackType.SERVER_MESSAGE, listener)
        hub.send_to_all("both", content_type="text/plain")
        self.assertEqual((a.next(CallbackType.SERVER_MESSAGE).data, inbox.next().data), ("both", "both"))
        a.client.unsubscribe(CallbackType.SERVER_MESSAGE, listener)
        hub.send_to_all("one", content_type="text/plain")
        self.assertEqual(a.next(CallbackType.SERVER_MESSAGE).data, "one")
        self.assertTrue(inbox.empty())

    def test_open_refused(self):
        url = service().get_client_access_token()["url"]
        with self.assertRaises(OpenClientError) as refused:
            self.new(url[:-5] + "wrong", reconnect_retry_total=0, **ONCE).open()
        self.assertIn("401", str(refused.exception))

    def test_zz_every_method(self):
        """Runs last: the tests above called every method of the class."""
        self.assertEqual(public_methods(self.kind) - self.called, set())


class TestClientAio(TestClient):
    """The same with the asynchronous client."""

    kind = AioClient

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop()
        cls.addClassCleanup(cls.loop.close)

    def new(self, credential, **options):
        return Recorder(Blocking(AioClient(credential, **options), self.loop), self.called)

    def credential(self, url):
        async def provide():
            return url

        return AioCredential(provide)

    def listener(self, inbox):
        async def listen(argument=None):
            inbox.put(argument)

        return listen
