"""A small blocking QMP client: commands, and events in the order they came."""

import json
import socket
import time

from lab.lines import LabError


class Qmp:
    def __init__(self, path, timeout=60):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.file = self.socket.makefile("rwb")
        self.events = []
        self._read()  # the greeting
        self.command("qmp_capabilities")

    def _read(self):
        line = self.file.readline()
        if not line:
            raise LabError("QEMU closed its monitor")
        return json.loads(line)

    def command(self, name, **arguments):
        request = {"execute": name, "arguments": arguments}
        self.file.write(json.dumps(request).encode() + b"\n")
        self.file.flush()
        while True:
            message = self._read()
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise LabError(f"QMP {name}: {message['error']['desc']}")
            else:
                return message["return"]

    def wait_event(self, name, **data):
        """The next event (already come or not) of that name with that data; older ones are dropped."""
        while True:
            while self.events:
                event = self.events.pop(0)
                told = event.get("data", {})
                if event["event"] == name and all(told.get(k) == v for k, v in data.items()):
                    return event
            message = self._read()
            if "event" in message:
                self.events.append(message)

    def close(self):
        self.file.close()
        self.socket.close()


def wait_socket(path, timeout=20):
    """Connect as soon as QEMU listens. The socket appears before it answers, so this only waits for
    its name: QEMU gives no other sign."""
    until = time.monotonic() + timeout
    while True:
        try:
            return Qmp(path)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > until:
                raise LabError(f"{path}: QEMU does not answer") from None
            time.sleep(0.005)
