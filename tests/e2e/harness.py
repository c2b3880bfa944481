"""What the end-to-end flows share: a lab of their own, a guest with the witness, and what must hold
of it. A flow is a function marked with @flow; run.py runs one by name."""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

SOURCE_TREE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE_TREE))

from lab import client, guests, layout  # noqa: E402
from lab.lines import LabError  # noqa: E402

BUILD = os.environ.get("GW_BUILD_DIR", str(SOURCE_TREE / "build" / "dev"))
OVER = {"MIGRATION_PHASE_SUCCEEDED", "MIGRATION_PHASE_FAILED", "MIGRATION_PHASE_CANCELLED"}
FLOWS = {}


def flow(function):
    FLOWS[function.__name__] = function
    return function


class Broken(AssertionError):
    """Something that must hold does not."""


def check(holds, message):
    if not holds:
        raise Broken(message)


def check_equal(found, wanted, what):
    check(found == wanted, f"{what}: {found!r}, wanted {wanted!r}")


class Guest:
    """A guest of the lab, and what its peer sees of it."""

    def __init__(self, lab, name="demo", number=1, pool="data", **witness):
        self.lab, self.name = lab, name
        self.ip = layout.guest_address(number)
        self.observer = lab.observer()
        self.spec = guests.spec(name, number, pool, **witness)
        self.boots = 0  # seen so far

    def create(self, host, *options):
        with tempfile.NamedTemporaryFile("w", suffix=".json", dir=self.lab.folder) as spec:
            json.dump(self.spec, spec)
            spec.flush()
            return self.lab.godwit("guest", "create", "-f", spec.name, "--host", host, *options)

    def start(self):
        self.lab.godwit("guest", "start", self.name)
        return self.wait_boot()

    def wait_boot(self, timeout=60):
        self.boots += 1
        self.observer.wait(self.ip, "boots", self.boots, timeout)
        return self.observer.wait(self.ip, "scanned", 1, timeout)

    def boot_on(self, host, connect=True):
        self.create(host)
        self.start()
        if connect:
            self.observer.connect(self.ip)
        self.observer.wait(self.ip, "writes", 100, 60)
        self.observer.mark(self.ip)

    def show(self):
        return self.lab.godwit("guest", "show", self.name)

    def uuid(self):
        return self.show()["spec"]["uuid"]

    def check_at(self, host, state="GUEST_STATE_RUNNING"):
        guest = self.show()
        check_equal(guest.get("host"), host, "the guest's host")
        check_equal(guest.get("state"), state, "the guest's state")

    def check_healthy(self, beats=500, longest_blackout_ms=None):
        """It lives, and nothing was lost: no errors, no reboot that we did not ask for. Gives the
        peer's stats."""
        self.observer.mark(self.ip) if longest_blackout_ms is None else None
        stats = self.observer.wait(self.ip, "beats", beats, 60)
        for what in ("memory_errors", "disk_errors", "disk_lost"):
            check_equal(stats[what], 0, f"{what} of the guest")
        check_equal(stats["n_boots"], self.boots, "boots of the guest")
        if stats["tcp"]["opened"] and self.boots == 1:
            check(stats["tcp"]["kept"], f"the TCP connection broke: {stats['tcp']['trouble']}")
        if longest_blackout_ms is not None:
            blackout_ms = stats["blackout_us"] / 1000
            check(blackout_ms <= longest_blackout_ms, f"blackout of {blackout_ms:.0f} ms")
        return stats

    # Moving

    def migrate(self, to, *options):
        """Move it and wait for the end; gives the migration, which must have succeeded."""
        moved = self.lab.godwit("migrate", self.name, "--to", to, "--wait", *options, timeout=180)
        check_equal(moved.get("phase"), "MIGRATION_PHASE_SUCCEEDED", f"migration {moved.get('id')}")
        return moved

    def submit(self, to, *options):
        return self.lab.godwit("migrate", self.name, "--to", to, *options)["id"]

    # On the hosts

    def qemus(self, host):
        """How many QEMUs run a guest on a host; those that an agent asks for its facts run none."""
        script = "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline; echo; done 2>/dev/null"
        commands = self.lab.run(host, ["sh", "-c", script]).stdout.splitlines()
        return sum("qemu-system" in line.split(" ")[0] and " -uuid " in line for line in commands)

    def check_nothing_left(self, host):
        """Neither a process nor a disk of the guest is on the host (its trash aside)."""
        check_equal(self.qemus(host), 0, f"QEMUs on {host}")
        for pool, kind, path in layout.pools(self.lab.options, host):
            if kind == "local":
                left = [str(p) for p in Path(path).iterdir() if not p.name.startswith(".")]
                check_equal(left, [], f"files in pool {pool} of {host}")


def http(lab, method, path, body=None, headers=()):
    """A request to the lab's gateway: (status, headers, body) of its answer, whatever the status."""
    request = urllib.request.Request(lab.description["gateway"] + path, body, method=method)
    for key, value in {"Content-Type": "application/json", **dict(headers)}.items():
        request.add_header(key, value)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, problem.headers, problem.read()


class Events:
    """Events from `godwit migration watch`: from now on, or all after a cursor."""

    def __init__(self, lab, after=None):
        command = ["migration", "watch", "-o", "json"]
        command += [] if after is None else ["--after", str(after)]
        self.watcher = lab.godwit_popen(*command, stdout=subprocess.PIPE, bufsize=0)
        self.text = b""

    def next(self, timeout):
        """The next event, or None when there was none for so many seconds."""
        while b"\n" not in self.text:
            ready, _, _ = select.select([self.watcher.stdout], [], [], timeout)
            if not ready:
                return None
            piece = self.watcher.stdout.read(65536)
            check(piece, "the event stream ended")
            self.text += piece
        line, self.text = self.text.split(b"\n", 1)
        return json.loads(line)

    def wait(self, reached, what, timeout=60):
        """The next event for which reached(event) holds."""
        until = time.monotonic() + timeout
        while event := self.next(max(0.0, until - time.monotonic())):
            if reached(event):
                return event
        raise Broken(f"no event within {timeout} s that {what}")

    def close(self):
        self.watcher.kill()
        self.watcher.wait()
        self.watcher.stdout.close()


def wait_migration(lab, migration_id, reached, timeout=90):
    """The migration, once `reached(migration)` holds or it is over."""
    until = time.monotonic() + timeout
    with closing(Events(lab)) as events:
        now = lab.godwit("migration", "show", migration_id)
        while not reached(now) and now.get("phase") not in OVER:
            check(time.monotonic() < until, f"migration {migration_id} hangs in {now.get('phase')}")
            event = events.next(timeout=2)
            if event is None:  # the stream may have begun after the change we wait for
                now = lab.godwit("migration", "show", migration_id)
            elif event.get("migration", {}).get("id") == migration_id:
                now = event["migration"]
    return now


def wait_over(lab, migration_id, timeout=90):
    return wait_migration(lab, migration_id, lambda migration: False, timeout)


def step_of(migration):
    return migration.get("progress", {}).get("step")


def print_logs(lab):
    """The end of each log, for whoever has to find out why."""
    for path in sorted((lab.folder / "log").iterdir()):
        text = path.read_text(errors="replace")
        if text:
            print(f"--- {path.name}\n{text[-3000:]}", file=sys.stderr)
    for path in sorted(lab.folder.glob("h*/host/guests/*/qemu.log")):
        text = path.read_text(errors="replace")
        if text:
            print(f"--- {path.relative_to(lab.folder)}\n{text[-1500:]}", file=sys.stderr)


def run(name, options=None):
    """Run a flow on a lab of its own; exit status as ctest wants it."""
    if os.geteuid() != 0:
        print("skipped: namespaces and taps need root", file=sys.stderr)
        return 77
    function = FLOWS[name]
    begun = time.monotonic()
    with client.tied_lab(BUILD, **(options or {}), **getattr(function, "lab", {})) as lab:
        try:
            function(lab)
        except (Broken, LabError, subprocess.SubprocessError, KeyError) as problem:
            print_logs(lab)
            print(f"{name}: FAILED: {type(problem).__name__}: {problem}", file=sys.stderr)
            return 1
    print(f"{name}: passed in {time.monotonic() - begun:.1f} s")
    return 0


def lab_options(**options):
    """Mark a flow's lab: @lab_options(migration_rate="40mbit")."""

    def mark(function):
        function.lab = options
        return function

    return mark
