"""The service SDK with a credential object, as with Microsoft Entra ID. The package
sends its tokens over TLS only, so this is also the check of TLS with Python."""

import asyncio
import base64
import json
import os
import ssl
import tempfile
import time
import unittest

import websocket
from azure.core.credentials import AccessToken
from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AioServiceClient

from kit import PATIENCE, running


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


EXPIRES = int(time.time()) + 3600
TOKEN = f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part({'aud': 'https://webpubsub.azure.com', 'exp': EXPIRES})}.{part('nobody')}"


class Credential:
    def get_token(self, *_, **__):
        return AccessToken(TOKEN, EXPIRES)

    async def close(self):
        pass


class AioCredential(Credential):
    async def get_token(self, *_, **__):
        return AccessToken(TOKEN, EXPIRES)


class TestEntra(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.certificate = os.path.join(folder, "cert.pem")
        flags = ("--tls", "--tls-cert-out", self.certificate, "--allow-unvalidated-entra-tokens")
        text = self.enterContext(running("emulator", "--addr", "localhost:0", *flags))
        self.endpoint = text.split("Endpoint=")[1].split(";")[0]

    def test_credential(self):
        with WebPubSubServiceClient(self.endpoint, "entra", Credential(), connection_verify=self.certificate) as service:
            service.send_to_all("hello", content_type="text/plain")
            url = service.get_client_access_token(user_id="u1", groups=["g"])["url"]
            trust = {"context": ssl.create_default_context(cafile=self.certificate)}
            a = websocket.create_connection(url, subprotocols=["json.webpubsub.azure.v1"], sslopt=trust, timeout=PATIENCE)
            self.addCleanup(a.close)
            self.assertEqual(json.loads(a.recv())["userId"], "u1")
            service.send_to_group("g", "over TLS", content_type="text/plain")
            self.assertEqual(json.loads(a.recv())["data"], "over TLS")

    def test_credential_aio(self):
        async def check():
            async with AioServiceClient(self.endpoint, "entra", AioCredential(), connection_verify=self.certificate) as service:
                await service.send_to_all("hello", content_type="text/plain")
                self.assertFalse(await service.group_exists("g"))
                self.assertIn("access_token=", (await service.get_client_access_token(user_id="u1"))["url"])

        asyncio.run(check())
