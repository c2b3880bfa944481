"""How programs use a lab: start one that lives as long as they do, or find one that is up."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from lab import layout
from lab.lines import LabError, LineClient
from lab.observer import Observer

SOURCE_TREE = Path(__file__).resolve().parent.parent

WITH_US = ["setpriv", "--pdeathsig", "KILL"]  # a child that must not outlive us, even when killed


class GodwitError(LabError):
    """The godwit command failed; `code` is its exit status."""

    def __init__(self, argv, code, stderr):
        super().__init__(f"{' '.join(argv)}: exit {code}: {stderr.strip()}")
        self.code, self.stderr = code, stderr


def end_on_signals(name):
    """Make SIGINT, SIGTERM and SIGHUP end this program cleanly: its `with` blocks are left, and what
    comes after the first signal does not disturb that."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(number, _frame):
        for other in numbers:
            signal.signal(other, signal.SIG_IGN)
        print(f"\n{name}: interrupted", file=sys.stderr, flush=True)
        raise SystemExit(128 + number)

    for number in numbers:
        signal.signal(number, end)


class Lab:
    def __init__(self, description):
        self.description = description
        self.options = layout.Options(**description["options"])
        self.folder = Path(self.options.folder)
        self.hosts = description["hosts"]
        self.guardian = None

    # The lab's parts

    def ask(self, **request):
        with LineClient(str(self.folder / "lab.sock")) as keeper:
            return keeper.ask(**request)

    def ask_node(self, node_name, **request):
        with LineClient(layout.node_socket(self.options, node_name)) as node:
            return node.ask(**request)

    def pid(self, node):
        """Pid, as seen from here, of a node's first process: killing it powers the host off."""
        with LineClient(layout.node_socket(self.options, node)) as client:
            return client.peer_pid()

    def observer(self):
        return Observer(str(self.folder / "peer" / "control"))

    def start(self, node, name, argv, ready=False, timeout=20):
        log = str(self.folder / "log" / f"{node}.{name}.log")
        request = {"op": "start", "name": name, "argv": [str(a) for a in argv], "log": log}
        return self.ask_node(node, ready=ready, timeout=timeout, **request)

    def stop(self, node, name, number=15, timeout=20):
        return self.ask_node(node, op="stop", name=name, signal=int(number), timeout=timeout)

    def wait(self, node, name, timeout=20):
        return self.ask_node(node, op="wait", name=name, timeout=timeout)

    def start_agent(self, host, kind):
        settings = str(self.folder / host / f"{kind}.conf")
        program = layout.program(self.options, "godwit-" + kind)
        return self.start(host, kind, [program, "--config", settings], ready=True)

    def start_scheduler(self):
        settings = str(self.folder / "ctl" / "scheduler.conf")
        program = layout.program(self.options, "godwit-scheduler")
        return self.start("ctl", "scheduler", [program, "--config", settings], ready=True)

    def log(self, node, name):
        path = self.folder / "log" / f"{node}.{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def power_off(self, host):
        self.ask(op="power_off", host=host)

    def power_on(self, host):
        self.ask(op="power_on", host=host)

    def set_link(self, node, network, up):
        self.ask(op="set_link", node=node, network=network, up=up)

    def nsenter(self, node, argv):
        """The command that runs @argv inside a node."""
        own_network = [] if node == "front" else ["--net"]
        return ["nsenter", "-t", str(self.pid(node)), "--pid", "--mount", *own_network, "--", *argv]

    def run(self, node, argv, **options):
        return subprocess.run(
            self.nsenter(node, [str(a) for a in argv]), text=True, capture_output=True, **options
        )

    # The godwit command

    def environment(self):
        return {**os.environ, "GODWIT_SCHEDULER": self.description["scheduler"]}

    def godwit_popen(self, *argv, **options):
        full = [*WITH_US, self.description["godwit"], *argv]
        return subprocess.Popen(full, env=self.environment(), **options)

    def godwit_text(self, *argv, timeout=120, stdin=None):
        full = [*WITH_US, self.description["godwit"], *argv]
        done = subprocess.run(
            full,
            env=self.environment(),
            text=True,
            capture_output=True,
            timeout=timeout,
            input=stdin,
            check=False,
        )
        if done.returncode != 0:
            raise GodwitError(["godwit", *argv], done.returncode, done.stderr)
        return done.stdout

    def godwit(self, *argv, timeout=120):
        """Run the command with -o json and parse what it says (the last object of several)."""
        text = self.godwit_text(*argv, "-o", "json", timeout=timeout).strip()
        if not text:
            return {}
        decoder, at, value = json.JSONDecoder(), 0, {}
        while at < len(text):
            value, end = decoder.raw_decode(text, at)
            at = end + len(re.match(r"\s*", text[end:]).group())
        return value

    # Its end

    def close(self):
        """Take a lab that is tied to this program down; returns when nothing is left of it."""
        if self.guardian is not None:
            self.guardian.stdin.close()
            self.guardian.wait()
            self.guardian.stdout.close()
            self.guardian = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def start_guardian(options, tied):
    """Start a lab; a Lab, or LabError with the reason there is none."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE_TREE), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [sys.executable, "-B", "-m", "lab.guardian", json.dumps(vars(options))]
    guardian = subprocess.Popen(
        [*argv, "tied" if tied else "free"],
        stdin=subprocess.PIPE if tied else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
        text=True,
    )
    try:
        line = guardian.stdout.readline()
        answer = json.loads(line) if line else {"error": "the lab's guardian died"}
    except BaseException:  # interrupted: leave nothing
        guardian.terminate()
        guardian.wait()
        raise
    if "error" in answer:
        guardian.wait()
        raise LabError(answer["error"])
    lab = Lab(answer)
    lab.guardian = guardian
    return lab


def tied_lab(build, **options):
    """A lab in a private folder that ends with this program, however it ends."""
    folder = tempfile.mkdtemp(prefix="gwlab-", dir="/tmp")
    os.rmdir(folder)  # the guardian makes it, and removes it
    return start_guardian(layout.Options(folder=folder, build=str(build), **options), tied=True)


def open_lab(folder):
    """The lab that is up in @folder."""
    try:
        text = Path(folder, "lab.json").read_text(encoding="utf-8")
    except OSError:
        raise LabError(f"no lab is up in {folder}: start one with scripts/lab up") from None
    return Lab(json.loads(text))


def take_down(folder):
    """End the lab in @folder, or sweep what a killed one left. True when there was something."""
    path = Path(folder)
    try:
        lock = os.open(path / "lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        with LineClient(str(path / "lab.sock")) as keeper:
            keeper.ask(op="down")
    except LabError:
        pass  # it dies before it answers, or is dead already
    fcntl.flock(lock, fcntl.LOCK_EX)  # ours when the guardian is gone
    shutil.rmtree(path, ignore_errors=True)
    os.close(lock)
    return True
