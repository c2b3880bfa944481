"""Two QEMUs and what a move between them needs: disks, ports, and a wire that can be cut."""

import os
import select
import socket
import threading

from peer import Qemu

CAPABILITIES = ["return-path", "late-block-activate", "pause-before-switchover", "events",
                "validate-uuid"]
NO_LIMIT = 1 << 50
DISK_BYTES = 1 << 20


def listen(buffers=None):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if buffers:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffers)
    listener.bind(("127.0.0.1", 0))
    listener.listen(8)
    return listener, listener.getsockname()[1]


class Pair:
    """Source `a` and target `b`, started on demand; everything ends with the pair."""

    def __init__(self, program, folder, is_fake, env=None):
        self.program, self.folder, self.env = program, str(folder), env or {}
        self.is_fake = is_fake
        self.qemus, self.wires = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for wire in self.wires:
            wire.cut()
        for qemu in self.qemus:
            qemu.end()

    def disk_path(self, name):
        return os.path.join(self.folder, name + ".img")

    def disk(self, name, text=b""):
        """A raw disk with @text at its start."""
        path = self.disk_path(name)
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

    def join(self, a, b, wire=False, buffers=None):
        """Give both ends the two ends of one TCP connection, or of a Wire."""
        listener, port = listen(buffers)
        near = socket.socket()
        if buffers:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffers)
        near.connect(("127.0.0.1", port))
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

    # Whole ways

    def live(self, mirrored, **limits):
        """A guest that runs at `a` and is to go to `b`; both are ready for it."""
        here = self.disk("here", b"hello" * 1000)
        there = self.disk("there") if mirrored else here
        a = self.start("a", disks=[("d0", here)])
        b = self.start("b", disks=[("d0", there)], incoming=True)
        a.qmp.ask("cont")
        self.capable(b)
        self.capable(a)
        self.limits(a, **limits)
        if mirrored:
            self.mirror(a, "d0", self.export(b, "d0"))
            a.qmp.until("BLOCK_JOB_READY")
        return a, b

    def reach(self, a, status):
        self.migrate(a)
        a.qmp.until("MIGRATION", status=status)

    def go_on(self, a):
        return a.qmp.ask("migrate-continue", state="pre-switchover")


class Wire:
    """Carries bytes between two sockets, until told to swallow those of one way (and their end),
    or cut."""

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
                    if way in self.swallows:
                        continue
                    if piece:
                        other.sendall(piece)
                    else:
                        other.shutdown(socket.SHUT_WR)
            except (OSError, ValueError):
                return

    def cut(self):
        for item in self.sockets:
            try:
                item.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            item.close()

