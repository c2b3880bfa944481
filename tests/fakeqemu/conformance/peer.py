"""QEMUs to be compared, the real one and the fake: started as the agents start them, with two
monitors on descriptors, and everything they say written down."""

import array
import json
import os
import select
import signal
import socket
import subprocess
import time

UUID = "5b7c3f0e-0d3c-4c1e-9a53-6a1d8c1b2d01"
MEMORY_KIB = 64 * 1024 + 8
PATIENCE = 60  # seconds until a silent QEMU fails the test; a busy disk may take its time


class Trouble(Exception):
    """A QEMU did not do what the script waits for."""


class Monitor:
    """One session with a monitor. `heard` is all that came, in order, of the session's whole life:
    answers as ("answer", command, value), events as ("event", name, data)."""

    def __init__(self, path, handshake=True):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.text, self.heard, self.seen, self.open = b"", [], 0, {}
        self.next_id = 0
        self.greeting = self._read(PATIENCE)["QMP"]
        if handshake:
            self.ask("qmp_capabilities", enable=["oob"])

    def _read(self, timeout):
        """The next object, or None when there is none in time or the other end hung up."""
        while b"\n" not in self.text:
            ready, _, _ = select.select([self.socket], [], [], max(timeout, 0))
            piece = b""
            if ready:
                try:
                    piece = self.socket.recv(1 << 16)
                except ConnectionResetError:
                    pass  # an end like any other
            if not piece:
                return None
            self.text += piece
        line, self.text = self.text.split(b"\n", 1)
        return json.loads(line)

    def take(self, timeout=PATIENCE):
        """Write down the next thing it says; false when there was none."""
        message = self._read(timeout)
        if message is None:
            return False
        if "event" in message:
            stamp = message["timestamp"]
            assert set(stamp) == {"seconds", "microseconds"}, message
            self.heard.append(("event", message["event"], message.get("data")))
        else:
            value = message["return"] if "return" in message else message["error"]
            kind = "answer" if "return" in message else "refusal"
            self.heard.append((kind, self.open.pop(message.get("id"), None), value))
        return True

    def send(self, command, oob=False, fd=None, **arguments):
        """Send a command; gives its id."""
        self.next_id += 1
        request = {"exec-oob" if oob else "execute": command, "id": self.next_id}
        if arguments:
            request["arguments"] = {key.replace("__", "-"): v for key, v in arguments.items()}
        self.open[self.next_id] = command
        data, extra = json.dumps(request).encode() + b"\n", []
        if fd is not None:
            extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        self.socket.sendmsg([data], extra)
        return self.next_id

    def send_text(self, text):
        self.socket.sendall(text)

    def wait(self, number, timeout=PATIENCE):
        """Wait for the answer to command @number; gives (kind, command, value)."""
        until = time.monotonic() + timeout
        while number in self.open:
            if not self.take(until - time.monotonic()):
                raise Trouble(f"no answer to {self.open[number]}")
        return next(h for h in reversed(self.heard) if h[0] != "event")

    def ask(self, command, oob=False, fd=None, **arguments):
        """A command and its answer's value; what a refusal says, too, is a value."""
        return self.wait(self.send(command, oob, fd, **arguments))[2]

    def until(self, event, timeout=PATIENCE, **data):
        """Wait for an event that was not waited for before."""
        deadline = time.monotonic() + timeout
        while True:
            while self.seen < len(self.heard):
                kind, name, told = self.heard[self.seen]
                self.seen += 1
                if kind == "event" and name == event and data.items() <= (told or {}).items():
                    return told
            if not self.take(deadline - time.monotonic()):
                raise Trouble(f"no event {event} {data}; heard {self.heard[-8:]}")

    def settle(self, quiet=0.15):
        """Hear what is still to come."""
        while self.socket.fileno() >= 0 and self.take(quiet):
            pass

    def drain(self):
        """Hear it out until it hangs up."""
        while self.take():
            pass

    def note(self, what, value):
        """Write down something that was found out otherwise."""
        self.heard.append(("note", what, value))

    def close(self):
        self.socket.close()


def disk_arguments(name, path, fmt="raw"):
    """The -blockdev and -device of lib/host/qemu.c."""
    cache = {"cache": {"direct": True, "no-flush": False}, "discard": "unmap", "read-only": False,
             "auto-read-only": False}
    file = {"driver": "file", "node-name": f"file-{name}", "filename": path, **cache}
    node = {"driver": fmt, "node-name": f"disk-{name}", "file": f"file-{name}", **cache}
    device = {"driver": "virtio-blk-pci", "id": f"dev-disk-{name}", "drive": f"disk-{name}",
              "serial": name, "addr": "4.0", "multifunction": True}
    return ["-blockdev", json.dumps(file), "-blockdev", json.dumps(node)], [
        "-device", json.dumps(device)]


class Qemu:
    """A QEMU process. `log` is its standard error."""

    def __init__(self, program, folder, name, disks=(), incoming=False, export=False, stopped=True,
                 uuid=UUID, env=None):
        self.name, self.folder, self.monitors, self.uuid = name, folder, [], uuid
        self.listeners, self.paths = [], []
        for which in ("source", "target"):
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.paths.append(os.path.join(folder, f"{name}.{which}.qmp"))
            listener.bind(self.paths[-1])
            listener.listen(1)
            self.listeners.append(listener)
        self.log_path = os.path.join(folder, name + ".log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                self._argv(program, disks, incoming, export, stopped),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=[s.fileno() for s in self.listeners],
                env={**os.environ, **(env or {})},
            )
        for listener in self.listeners:
            listener.close()
        self.qmp = self.connect(1)

    def _argv(self, program, disks, incoming, export, stopped):
        argv = [program, "-nodefaults", "-no-user-config"] + (["-S"] if stopped else [])
        argv += ["-display", "none", "-msg", "timestamp=on", "-sandbox",
                 "on,obsolete=deny,elevateprivileges=deny,spawn=deny"]
        argv += ["-name", "guest=conformance,debug-threads=on", "-uuid", self.uuid]
        if export:
            argv += ["-machine", "none"]
        else:
            argv += ["-machine", "pc-q35-7.2,accel=tcg,usb=off,dump-guest-core=off"]
            argv += ["-cpu", "qemu64", "-smp", "cpus=1", "-m", f"size={MEMORY_KIB}k"]
        for which, listener in zip(("source", "target"), self.listeners):
            argv += ["-chardev",
                     f"socket,id=qmp-{which},fd={listener.fileno()},server=on,wait=off",
                     "-mon", f"chardev=qmp-{which},mode=control"]
        if not export:
            console = os.path.join(self.folder, self.name + ".console")
            argv += ["-chardev", f"file,id=console,path={console},append=on",
                     "-serial", "chardev:console"]
        for name, path, *fmt in disks:
            blockdevs, device = disk_arguments(name, path, *fmt)
            argv += blockdevs + ([] if export else device)
        return argv + (["-incoming", "defer"] if incoming else [])

    def connect(self, which, handshake=True):
        monitor = Monitor(self.paths[which], handshake)
        self.monitors.append(monitor)
        return monitor

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def ended(self, timeout=PATIENCE):
        """Hear it out and wait for its end, which is written down."""
        for monitor in self.monitors:
            monitor.drain()
        self.qmp.note("exit status", self.process.wait(timeout))

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        for monitor in self.monitors:
            monitor.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
