"""Two QEMUs and what a move between them needs: disks, ports, and a wire that can be cut."""

import os
import select
import socket
import threading

from peer import UUID, Qemu

CAPABILITIES = ["return-path", "late-block-activate", "pause-before-switchover", "events",
                "validate-uuid"]
NO_LIMIT = 1 << 50
DISK_BYTES = 1 << 20


def listen():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(8)
    return listener, listener.getsockname()[1]


class Pair:
    """Source `a` and target `b`, started on demand; everything ends with the pair."""

    def __init__(self, program, folder, env=None):
        self.program, self.folder, self.env = program, str(folder), env or {}
        self.qemus, self.wires, self.sockets = [], [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for qemu in self.qemus:
            qemu.end()
        for wire in self.wires:
            wire.cut()
        for item in self.sockets:
            item.close()

    def disk(self, name, text=b""):
        """A raw disk with @text at its start."""
        path = os.path.join(self.folder, name + ".raw")
        with open(path, "wb") as file:
            file.write(text)
            file.truncate(DISK_BYTES)
        return path

    def start(self, name, **options):
        qemu = Qemu(self.program, self.folder, name, env=self.env, **options)
        self.qemus.append(qemu)
        return qemu

    # What a target does

    def capable(self, qemu, *names):
        wanted = [{"capability": name, "state": True} for name in names or CAPABILITIES]
        return qemu.qmp.ask("migrate-set-capabilities", capabilities=wanted)

    def give_listener(self, qemu, name):
        """A listening socket handed to @qemu; gives its port."""
        listener, port = listen()
        qemu.qmp.ask("getfd", fd=listener.fileno(), fdname=name)
        listener.close()
        return port

    def export(self, qemu, disk):
        port = self.give_listener(qemu, "nbd")
        qemu.qmp.ask("nbd-server-start", addr={"type": "fd", "data": {"str": "nbd"}})
        qemu.qmp.ask("block-export-add", type="nbd", id=disk, node__name=f"disk-{disk}", name=disk,
                     writable=True)
        return port

    def join(self, a, b, wire=False):
        """Give both ends the two ends of one TCP connection, or of a Wire."""
        listener, port = listen()
        near = socket.create_connection(("127.0.0.1", port))
        far, _ = listener.accept()
        if wire:
            near2 = socket.create_connection(("127.0.0.1", port))
            far2, _ = listener.accept()
            self.wires.append(Wire(far, near2))
            far = far2
        b.qmp.ask("getfd", fd=far.fileno(), fdname="stream")
        b.qmp.ask("migrate-incoming", uri="fd:stream")
        a.qmp.ask("getfd", fd=near.fileno(), fdname="stream")
        for item in (listener, near, far):
            item.close()
        return self.wires[-1] if wire else None

    # What a source does

    def limits(self, qemu, bandwidth=NO_LIMIT):
        return qemu.qmp.ask("migrate-set-parameters", max__bandwidth=bandwidth,
                            downtime__limit=300)

    def mirror(self, qemu, disk, port, job="job0"):
        qemu.qmp.ask("blockdev-add", driver="nbd", node__name="nbd0", export=disk,
                     open__timeout=5, discard="unmap",
                     server={"type": "inet", "host": "127.0.0.1", "port": str(port)})
        return qemu.qmp.ask("blockdev-mirror", job__id=job, device=f"disk-{disk}", target="nbd0",
                            sync="full", copy__mode="background", on__source__error="report",
                            on__target__error="report", speed=0, auto__dismiss=False)

    def end_mirror(self, qemu, job="job0", force=False):
        return qemu.qmp.ask("block-job-cancel", device=job, force=force)

    def migrate(self, qemu):
        return qemu.qmp.ask("migrate", uri="fd:stream")


class Wire:
    """Carries bytes between two sockets, until told to swallow those of one way, or cut."""

    def __init__(self, left, right):
        self.sockets = [left, right]
        self.swallows = set()  # "forth" (left to right), "back"
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        left, right = self.sockets
        ways = {left: (right, "forth"), right: (left, "back")}
        while ways:
            try:
                for one in select.select(list(ways), [], [])[0]:
                    other, way = ways[one]
                    piece = one.recv(1 << 16)
                    if not piece:
                        ways.pop(one)
                        other.shutdown(socket.SHUT_WR)
                    elif way not in self.swallows:
                        other.sendall(piece)
            except (OSError, ValueError):
                return

    def cut(self):
        for item in self.sockets:
            try:
                item.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            item.close()


__all__ = ["CAPABILITIES", "DISK_BYTES", "NO_LIMIT", "Pair", "UUID", "Wire", "listen"]
