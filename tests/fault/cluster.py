"""A lab under faults: daemons that are started with a fault point set, and what must hold after."""

import select
import sys
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from harness import OVER, Events, Guest, check, check_equal  # noqa: E402
from lab import layout  # noqa: E402
from lab.client import GodwitError  # noqa: E402

HEAL_S = 60  # after the fault is gone, by then every move has a verdict


class Cluster:
    def __init__(self, lab, flow):
        self.lab, self.flow = lab, flow
        self.hosts = lab.hosts[:2]
        self.guest = Guest(lab, pool=flow.pool)
        self.log = lab.folder / "points"

    def begin(self):
        if self.flow.runs:
            self.guest.boot_on(self.hosts[0], connect=False)
        else:
            self.guest.create(self.hosts[0])

    def way(self):
        """(host it is on, the other one)"""
        at = self.guest.show()["host"]
        return at, self.hosts[1] if at == self.hosts[0] else self.hosts[0]

    # Daemons

    def _program(self, victim):
        """(node, name, argv) of a role."""
        if victim == "scheduler":
            settings = self.lab.folder / "ctl" / "scheduler.conf"
            return "ctl", "scheduler", ["godwit-scheduler", settings]
        end, kind = victim.split(".")
        host = self.way()[0 if end == "from" else 1]
        return host, kind, ["godwit-" + kind, self.lab.folder / host / f"{kind}.conf"]

    def start(self, node, name, argv, environment):
        program = layout.program(self.lab.options, argv[0])
        self.lab.ask_node(
            node, op="start", name=name, argv=[program, "--config", str(argv[1])], ready=True,
            timeout=20, env=environment, log=str(self.lab.folder / "log" / f"{node}.{name}.log"))

    def restart(self, victim, environment):
        """Start the daemon of a role anew under @environment; gives what is_alive() and heal() take."""
        node, name, argv = self._program(victim)
        if self.is_alive((node, name, argv)):
            self.lab.stop(node, name, 9)
        self.start(node, name, argv, environment)
        self.wait_hosts_up()
        return node, name, argv

    def is_alive(self, daemon):
        return self.lab.ask_node(daemon[0], op="list")["programs"][daemon[1]]["exit"] is None

    def heal(self, daemon):
        if self.is_alive(daemon):
            self.lab.stop(daemon[0], daemon[1], 9)
        self.start(*daemon, {})

    def wait_hosts_up(self, timeout=20):
        until = time.monotonic() + timeout
        with closing(Events(self.lab)) as events:
            while True:
                try:
                    hosts = self.lab.godwit("host", "list").get("hosts", [])
                except GodwitError:
                    hosts = []
                up = [h["name"] for h in hosts if h["state"] == "HOST_STATE_UP"]
                if set(self.hosts) <= set(up):
                    return
                check(time.monotonic() < until, f"only {up} are up")
                events.next(timeout=0.2)

    # Moves

    def submit(self):
        """Id of a new move to the other host; None when it was refused (and so never began)."""
        command = ["migrate", self.guest.name, "--to", self.way()[1], *self.flow.options]
        try:
            return self.lab.godwit(*command, timeout=30)["id"]
        except GodwitError:
            return None

    def migration(self, migration_id):
        try:
            return self.lab.godwit("migration", "show", migration_id)
        except GodwitError:
            return {}

    def wait_over_or_dead(self, migration_id, daemon, timeout):
        """Until the move is over, the daemon has died, or the time is up."""
        until = time.monotonic() + timeout
        while time.monotonic() < until and self.is_alive(daemon):
            if migration_id and self.migration(migration_id).get("phase") in OVER:
                return
            if migration_id is None:
                return
            select.select([], [], [], 0.05)

    def wait_verdict(self, timeout=HEAL_S):
        """No move of the guest is under way; gives the newest one."""
        until = time.monotonic() + timeout
        while True:
            try:
                listing = self.lab.godwit("migration", "list", "--guest", self.guest.name, "--limit", "1")
                newest = (listing.get("migrations") or [{"phase": ""}])[0]
                if newest["phase"] in OVER or not newest["phase"]:
                    return newest
            except GodwitError:
                newest = {"phase": "the scheduler does not answer"}
            check(time.monotonic() < until, f"no verdict {timeout} s after the fault: {newest['phase']}")
            select.select([], [], [], 0.1)

    # What must hold

    def check_one_guest(self, timeout=20):
        """The guest is where the scheduler says, once, and unharmed."""
        until = time.monotonic() + timeout
        while True:
            guest = self.guest.show()
            at = guest.get("host")
            found = {host: self.guest.qemus(host) for host in self.hosts}
            wanted = {host: int(self.flow.runs and host == at) for host in self.hosts}
            state = "GUEST_STATE_RUNNING" if self.flow.runs else "GUEST_STATE_STOPPED"
            if found == wanted and guest.get("state") == state:
                break
            check(time.monotonic() < until,
                  f"guest {guest.get('state')} at {at}, QEMUs {found}: {guest.get('message', '')}")
            select.select([], [], [], 0.1)
        if self.flow.runs:
            self.guest.check_healthy(beats=50)

    def check_files(self):
        """Each disk is where the guest is, and nowhere else (trash aside)."""
        at = self.way()[0]
        for host in self.hosts:
            for pool, kind, path in layout.pools(self.lab.options, host):
                if pool != self.flow.pool:
                    continue
                files = [p.name for p in Path(path).iterdir() if not p.name.startswith(".")]
                wanted = 1 if kind == "shared" or host == at else 0
                check_equal(len(files), wanted, f"disks in pool {pool} of {host}: {files}")


def points_of(path):
    """Names of the fault points passed, in order, each once."""
    try:
        return list(dict.fromkeys(Path(path).read_text(encoding="utf-8").split()))
    except FileNotFoundError:
        return []
