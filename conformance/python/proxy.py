"""A TCP proxy that is as slow as a network, and whose connections can be cut."""

import socket
import threading
import time

DELAY = 0.02  # of what it passes on, in seconds


class Proxy:
    """Passes connections on to an address; cut ends them without a word."""

    def __init__(self, test, host, port):
        self._to = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock, self._open = threading.Lock(), set()
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        test.addCleanup(self.cut)
        test.addCleanup(self._listener.close)

    def cut(self):
        """Cuts what is open and returns how many connections that were."""
        with self._lock:
            cutting, self._open = self._open, set()
        for one in cutting:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # its peer was first
            one.close()
        return len(cutting) // 2

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._to)
            except OSError:
                return  # the check is over
            with self._lock:
                self._open |= {near, far}
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source, target):
        try:
            while data := source.recv(65536):
                time.sleep(DELAY)
                target.sendall(data)
        except OSError:
            pass  # cut
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
