"""What every check needs: the service that the environment names, names that no
other check uses, receivers, programs of wps, and waiting with a limit."""

import asyncio
import contextlib
import inspect
import itertools
import json
import os
import queue
import re
import subprocess
import tempfile
import threading
import time

import websocket
from azure.messaging.webpubsubservice import WebPubSubServiceClient

CONNECTION_STRING = os.environ.get("WebPubSubConnectionString", "")
if not CONNECTION_STRING:
    raise SystemExit("WebPubSubConnectionString is not set: run this as wps emulator -- python3 run.py")
ENDPOINT = re.search("Endpoint=([^;]*)", CONNECTION_STRING).group(1).rstrip("/")
KEY = re.search("AccessKey=([^;]*)", CONNECTION_STRING).group(1)
WPS = os.environ.get("WPS", "wps")

PATIENCE = 10  # how long anything may take before a check fails, in seconds
_numbers = itertools.count()


def new_hub():
    """Returns the name of a hub that no other check uses."""
    return f"python{os.getpid()}x{next(_numbers)}"


class Inbox:
    """A queue of what arrives, which fails a check that waits too long."""

    def __init__(self):
        self._items = queue.Queue()

    def put(self, item):
        self._items.put(item)

    def next(self, what="message"):
        try:
            return self._items.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"no {what} within {PATIENCE} s") from None

    def empty(self):
        return self._items.empty()


class Receiver:
    """A WebSocket client of the JSON subprotocol, which is no part of an SDK."""

    def __init__(self, test, service, **token):
        url = service.get_client_access_token(**token)["url"]
        self._ws = websocket.create_connection(url, subprotocols=["json.webpubsub.azure.v1"], timeout=PATIENCE)
        test.addCleanup(self._ws.close)
        connected = json.loads(self._ws.recv())
        self.connection_id, self.user_id = connected["connectionId"], connected.get("userId")

    def next(self):
        """Returns the next message."""
        return json.loads(self._ws.recv())

    def closed(self):
        """Returns what the service says before it closes the connection."""
        message = self.next()
        if message.get("event") != "disconnected":
            raise AssertionError(f"{message} is not the end of the connection")
        return message["message"]


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, awaitable):
        """Returns the result of an awaitable, which need not be a coroutine."""

        async def finished():
            return await awaitable

        return asyncio.run_coroutine_threadsafe(finished(), self._loop).result(3 * PATIENCE)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


class Blocking:
    """Calls the coroutines of a client of an aio package and returns their results."""

    def __init__(self, client, loop):
        self._client, self._loop = client, loop

    def __getattr__(self, name):
        method = getattr(self._client, name)

        def call(*args, **kwargs):
            result = method(*args, **kwargs)
            if hasattr(result, "__aiter__"):
                return Pages(result, self._loop)
            return self._loop.run(result) if inspect.isawaitable(result) else result

        return call


class Pages:
    """The items of an asynchronous list, or its pages."""

    def __init__(self, items, loop):
        self._items, self._loop = items, loop

    def __iter__(self):
        return iter(self._loop.run(collect(self._items)))

    def by_page(self, *args):
        async def pages():
            return [await collect(page) for page in await collect(self._items.by_page(*args))]

        return iter(self._loop.run(pages()))


async def collect(items):
    """Returns the items of an asynchronous or another iterable as a list."""
    return [item async for item in items] if hasattr(items, "__aiter__") else list(items)


class Recorder:
    """Passes calls on to a client, and notes the names of its methods in called."""

    def __init__(self, client, called):
        self._client, self._called = client, called

    def __getattr__(self, name):
        self._called.add(name)
        return getattr(self._client, name)


def public_methods(kind):
    """Returns the names of the methods that a class offers."""
    return {name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))}


def service(hub=None, connection_string=CONNECTION_STRING, **options):
    """Returns a client of the service SDK, with the name of its hub and its endpoint."""
    hub = hub or new_hub()
    client = WebPubSubServiceClient.from_connection_string(connection_string, hub, **options)
    client.name, client.endpoint = hub, re.search("Endpoint=([^;]*)", connection_string).group(1).rstrip("/")
    return client


@contextlib.contextmanager
def running(*args, env=None):
    """Runs wps with arguments that write a ready file, and yields the text of that file."""
    with tempfile.TemporaryDirectory() as folder:
        ready, errors = os.path.join(folder, "ready"), os.path.join(folder, "errors")
        with open(errors, "w+") as stderr:
            child = subprocess.Popen([WPS, *args, "--ready-file", ready], env=env, stdout=subprocess.DEVNULL, stderr=stderr)
            try:
                yield wait_for(lambda: read(ready) or _ended(child, errors), f"ready file of wps {' '.join(args)}")
            finally:
                child.terminate()
                try:
                    child.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()


def _ended(child, errors):
    if child.poll() is not None:
        raise AssertionError(f"wps ended with {child.returncode}: {read(errors)}")


def read(file):
    """Returns the text of a file without the white space around it, "" if it does not exist."""
    try:
        with open(file) as f:
            return f.read().strip()
    except FileNotFoundError:
        return ""


def wait_for(condition, what):
    """Returns the first true result of a function, which is called until it has one."""
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"no {what} within {PATIENCE} s")
        time.sleep(0.02)
    return result


def in_background(test, serve, stop):
    """Runs a server until the test ends."""
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    test.addCleanup(thread.join, PATIENCE)
    test.addCleanup(stop)  # runs first
