"""Every operation of azure-messaging-webpubsubservice, blocking and asynchronous."""

import io
import time
import unittest

import jwt
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AioServiceClient

from kit import CONNECTION_STRING, ENDPOINT, KEY, Blocking, Loop, Receiver, Recorder, new_hub, public_methods

TEXT = {"content_type": "text/plain"}


class TestService(unittest.TestCase):
    """The operations, with the blocking client."""

    kind = WebPubSubServiceClient

    @classmethod
    def setUpClass(cls):
        cls.called = set()

    def client(self, hub=None, connection_string=CONNECTION_STRING, **options):
        client = WebPubSubServiceClient.from_connection_string(connection_string, hub or new_hub(), **options)
        self.addCleanup(client.close)
        return Recorder(client, self.called)

    def receive(self, service, **token):
        return Receiver(self, service, **token)

    def data(self, receiver):
        """Returns the data of the next messages, up to the one with the text "end"."""
        got = []
        while (message := receiver.next())["data"] != "end":
            got.append(message["data"])
        return got

    def test_send_to_all(self):
        service = self.client()
        a, b = self.receive(service), self.receive(service)
        service.send_to_all("hello", **TEXT)
        service.send_to_all({"n": 1, "s": "é"})
        service.send_to_all(io.BytesIO(b"\x00\x01\xff"), content_type="application/octet-stream")
        service.send_to_all("only b", excluded=[a.connection_id], **TEXT)
        service.send_to_all("end", **TEXT)
        everyone = ["hello", {"n": 1, "s": "é"}, "AAH/"]
        self.assertEqual(self.data(a), everyone)
        self.assertEqual(self.data(b), [*everyone, "only b"])

    def test_send_to_user(self):
        service = self.client()
        one, two, other = (self.receive(service, user_id=u) for u in ("u 1", "u 1", "u2"))
        service.send_to_user("u 1", "hi", **TEXT)
        service.send_to_user("nobody", {"n": 1})
        service.send_to_all("end", **TEXT)
        self.assertEqual([self.data(c) for c in (one, two, other)], [["hi"], ["hi"], []])

    def test_send_to_connection(self):
        service = self.client()
        a, b = self.receive(service), self.receive(service)
        service.send_to_connection(a.connection_id, {"to": "a"})
        service.send_to_connection("nobody", "x", **TEXT)
        service.send_to_all("end", **TEXT)
        self.assertEqual([self.data(c) for c in (a, b)], [[{"to": "a"}], []])

    def test_groups(self):
        service = self.client()
        a, b = self.receive(service), self.receive(service, user_id="ub")
        service.add_connection_to_group("group 1", a.connection_id)
        service.add_user_to_group("group 1", "ub")
        service.add_user_to_group("group 1", "ub")
        service.send_to_group("group 1", "both", **TEXT)
        service.send_to_group("group 1", "b only", excluded=[a.connection_id], **TEXT)
        service.remove_user_from_group("group 1", "ub")
        service.send_to_group("group 1", "a only", **TEXT)
        service.remove_connection_from_group("group 1", a.connection_id)
        service.remove_connection_from_group("group 1", a.connection_id)
        service.send_to_group("group 1", "nobody", **TEXT)
        service.send_to_all("end", **TEXT)
        self.assertEqual([self.data(c) for c in (a, b)], [["both", "a only"], ["both", "b only"]])

    def test_group_of_a_missing_connection(self):
        with self.assertRaises(ResourceNotFoundError) as refused:
            self.client().add_connection_to_group("g", "nobody")
        self.assertEqual(refused.exception.status_code, 404)

    def test_remove_from_all_groups(self):
        service = self.client()
        a = self.receive(service, groups=["g1", "g2"])
        self.receive(service, user_id="ub", groups=["g1", "g2"])
        service.remove_connection_from_all_groups(a.connection_id)
        self.assertTrue(service.group_exists("g2"))
        service.remove_user_from_all_groups("ub")
        self.assertFalse(service.group_exists("g1"))
        self.assertFalse(service.group_exists("g2"))
        self.assertTrue(service.connection_exists(a.connection_id))

    def test_exists(self):
        service = self.client()
        a = self.receive(service, user_id="u/1", groups=["g"])
        self.assertTrue(service.connection_exists(a.connection_id))
        self.assertTrue(service.group_exists("g"))
        for exists in (service.connection_exists, service.user_exists, service.group_exists):
            self.assertFalse(exists("nobody"))
        self.receive(service, user_id="u1")
        self.assertTrue(service.user_exists("u1"))

    def test_close(self):
        service = self.client()
        one, user = self.receive(service), self.receive(service, user_id="u1")
        member, spared = self.receive(service, groups=["g1"]), self.receive(service, groups=["g1"])
        service.close_connection(one.connection_id, reason="r1")
        self.assertRegex(one.closed(), "r1")
        service.close_user_connections("u1", reason="r2")
        self.assertRegex(user.closed(), "r2")
        service.close_group_connections("g1", reason="r3", excluded=[spared.connection_id])
        self.assertRegex(member.closed(), "r3")
        self.assertTrue(service.connection_exists(spared.connection_id))
        service.close_all_connections(reason="r4")
        self.assertRegex(spared.closed(), "r4")
        service.close_connection("nobody")

    def test_permissions(self):
        service = self.client()
        a = self.receive(service)
        target = {"target_name": "group 1"}
        self.assertFalse(service.has_permission("joinLeaveGroup", a.connection_id, **target))
        service.grant_permission("joinLeaveGroup", a.connection_id, **target)
        self.assertTrue(service.has_permission("joinLeaveGroup", a.connection_id, **target))
        self.assertFalse(service.has_permission("sendToGroup", a.connection_id, **target))
        service.revoke_permission("joinLeaveGroup", a.connection_id, **target)
        self.assertFalse(service.has_permission("joinLeaveGroup", a.connection_id, **target))
        with self.assertRaises(ResourceNotFoundError):
            service.grant_permission("sendToGroup", "nobody", **target)

    def test_filter(self):
        service = self.client()
        named, other = self.receive(service, user_id="O'Brien", groups=["g"]), self.receive(service, groups=["g", "h"])
        service.send_to_all("named", filter="userId eq 'O''Brien'", **TEXT)
        service.send_to_group("g", "in h", filter="'h' in groups", **TEXT)
        service.send_to_user("O'Brien", "no", filter="userId ne 'O''Brien'", **TEXT)
        service.send_to_all("end", **TEXT)
        self.assertEqual([self.data(c) for c in (named, other)], [["named"], ["in h"]])
        with self.assertRaises(HttpResponseError) as refused:
            service.send_to_all("x", filter="userId eq", **TEXT)
        self.assertEqual(refused.exception.status_code, 400)

    def test_time_to_live(self):
        service = self.client()
        a = self.receive(service)
        limit = {"params": {"messageTtlSeconds": 60}}  # the package does not pass message_ttl_seconds on
        service.send_to_all("all", **limit, **TEXT)
        service.send_to_connection(a.connection_id, "one", **limit, **TEXT)
        service.send_to_all("end", **TEXT)
        self.assertEqual(self.data(a), ["all", "one"])
        with self.assertRaises(HttpResponseError) as refused:
            service.send_to_all("x", params={"messageTtlSeconds": -1}, **TEXT)
        self.assertEqual(refused.exception.status_code, 400)

    def test_list_connections(self):
        service = self.client()
        members = {}
        for i in range(5):
            user = f"u{i}" if i % 2 else None
            members[self.receive(service, user_id=user, groups=["g"]).connection_id] = user
        found = {m.connection_id: m.user_id for m in service.list_connections(group="g")}
        self.assertEqual(found, members)
        self.assertEqual(len(list(service.list_connections(group="g", top=2))), 2)
        self.assertEqual(list(service.list_connections(group="nobody")), [])
        pages = list(service.list_connections(group="g").by_page())
        self.assertEqual({m.connection_id for page in pages for m in page}, set(members))

    def test_client_access_token(self):
        hub = new_hub()
        service = self.client(hub)
        token = service.get_client_access_token(user_id="u1", roles=["webpubsub.sendToGroup"], groups=["g1"], minutes_to_expire=5)
        claims = jwt.decode(token["token"], KEY, algorithms=["HS256"], audience=f"{ENDPOINT}/client/hubs/{hub}")
        self.assertEqual((claims["sub"], claims["role"], claims["webpubsub.group"]), ("u1", ["webpubsub.sendToGroup"], ["g1"]))
        self.assertAlmostEqual(claims["exp"], time.time() + 300, delta=60)
        mqtt = service.get_client_access_token(client_protocol="MQTT")
        self.assertTrue(mqtt["baseUrl"].endswith(f"/clients/mqtt/hubs/{hub}"), mqtt["baseUrl"])

    def test_send_request(self):
        """Operations that are newer than the package go through send_request."""
        hub = new_hub()
        service = self.client(hub)
        self.receive(service, user_id="ua")
        for action, there in (("addToGroups", True), ("removeFromGroups", False)):
            body = {"groups": ["g1", "g2"], "filter": "userId eq 'ua'"}
            request = HttpRequest("POST", f"/api/hubs/{hub}/:{action}", params={"api-version": "2024-12-01"}, json=body)
            self.assertEqual(service.send_request(request).status_code, 200)
            self.assertEqual([service.group_exists(g) for g in ("g1", "g2")], [there, there])

    def test_names(self):
        """Names that a path must escape, through the escaping of this package."""
        service = self.client()
        for name in ("a b", "ä€", "a+b", "a%20b", "a:b", "a@b&c=d", "#?", "'\"", "~!$()*,;"):
            with self.subTest(name):
                a = self.receive(service, user_id=name)
                service.add_user_to_group(name, name)
                service.send_to_group(name, {"group": name})
                message = a.next()
                self.assertEqual((message["group"], message["data"]), (name, {"group": name}))
                self.assertTrue(service.user_exists(name))

    def test_wrong_key(self):
        wrong = CONNECTION_STRING.replace(KEY, "w" * 44)
        with self.assertRaises(HttpResponseError) as refused:
            self.client(connection_string=wrong).send_to_all("x", **TEXT)
        self.assertEqual(refused.exception.status_code, 401)

    def test_reverse_proxy(self):
        service = self.client(reverse_proxy_endpoint=ENDPOINT.replace("localhost", "127.0.0.1"))
        a = self.receive(service)
        service.send_to_all("through", **TEXT)
        self.assertEqual(a.next()["data"], "through")

    def test_zz_every_method(self):
        """Runs last: the tests above called every method of the class."""
        unused = public_methods(self.kind) - self.called - {"close", "from_connection_string"}
        self.assertEqual(unused, set())


class TestServiceAio(TestService):
    """The same with the asynchronous client."""

    kind = AioServiceClient

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop()
        cls.addClassCleanup(cls.loop.close)

    def client(self, hub=None, connection_string=CONNECTION_STRING, **options):
        client = AioServiceClient.from_connection_string(connection_string, hub or new_hub(), **options)
        self.addCleanup(lambda: self.loop.run(client.close()))
        return Recorder(Blocking(client, self.loop), self.called)


class TestServiceKey(unittest.TestCase):
    def test_endpoint_and_key(self):
        with WebPubSubServiceClient(ENDPOINT, new_hub(), AzureKeyCredential(KEY)) as service:
            self.assertFalse(service.group_exists("g"))
