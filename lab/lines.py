"""JSON objects, one per line, over a unix socket: how the lab's parts talk."""

import json
import socket
import struct


class LabError(Exception):
    """Something in the lab did not work; the message says what."""


class LineClient:
    """A connection to a unix socket that answers each line with a line."""

    def __init__(self, path, timeout=120):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(path)
        except OSError as problem:
            self.socket.close()
            raise LabError(f"{path}: {problem.strerror}") from problem
        self.file = self.socket.makefile("rw", encoding="utf-8")

    def ask_text(self, line):
        try:
            self.file.write(line + "\n")
            self.file.flush()
            text = self.file.readline()
        except OSError as problem:
            raise LabError(f"{self.path}: {problem}") from problem
        if not text:
            raise LabError(f"{self.path}: closed without an answer")
        answer = json.loads(text)
        if "error" in answer:
            raise LabError(answer["error"])
        return answer

    def ask(self, **request):
        return self.ask_text(json.dumps(request))

    def peer_pid(self):
        """Pid, in our pid namespace, of the process that listens."""
        size = struct.calcsize("3i")
        raw = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return struct.unpack("3i", raw)[0]

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
