"""Clients of azure-messaging-webpubsubclient for checks.

The blocking client misses an answer that comes before it waits for it, as on one
machine; then it waits for the whole of its timeout. The clients therefore connect
through a proxy that delays what it passes on, as a network does."""

import unittest
from urllib.parse import urlsplit

from azure.messaging.webpubsubclient import WebPubSubClient, WebPubSubClientCredential
from azure.messaging.webpubsubclient.models import CallbackType, WebPubSubProtocolType

from kit import CONNECTION_STRING, ENDPOINT, Inbox, Recorder, service
from proxy import Proxy

JSON, RELIABLE = WebPubSubProtocolType.JSON, WebPubSubProtocolType.JSON_RELIABLE
ONCE = {"message_retry_total": 0}


class Connected:
    """An open client with what it received."""

    def __init__(self, test, credential, protocol=JSON, **options):
        self.inbox = {event: Inbox() for event in CallbackType}
        self.client = test.new(credential, protocol_type=protocol, **{**ONCE, "reconnect_retry_total": 0, **options})
        for event, inbox in self.inbox.items():
            self.client.subscribe(event, test.listener(inbox))
        self.client.open()
        test.addCleanup(self.client.close)
        arrived = self.next(CallbackType.CONNECTED)
        self.connection_id, self.user_id = arrived.connection_id, arrived.user_id

    def next(self, event=CallbackType.GROUP_MESSAGE):
        return self.inbox[event].next(event)


class ClientCase(unittest.TestCase):
    """A check with the blocking client."""

    kind = WebPubSubClient

    @classmethod
    def setUpClass(cls):
        cls.called = set()

    def new(self, credential, **options):
        return Recorder(WebPubSubClient(credential, **options), self.called)

    def credential(self, url):
        return WebPubSubClientCredential(lambda: url)

    def listener(self, inbox):
        return lambda argument=None: inbox.put(argument)

    def connect(self, hub, token=None, **options):
        return Connected(self, self.through_proxy(hub, **(token or {}))[1], **options)

    def through_proxy(self, hub, **token):
        """Returns a proxy, and a client URL that leads through it."""
        address = urlsplit(hub.endpoint)
        proxy = Proxy(self, address.hostname, address.port)
        near = CONNECTION_STRING.replace(ENDPOINT, f"http://localhost:{proxy.port}")
        return proxy, service(hub.name, near).get_client_access_token(**token)["url"]
