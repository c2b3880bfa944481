"""Programs are killed at any moment of a move and started again: each move comes to a verdict, one
QEMU runs the guest, and nothing of it is lost or left elsewhere."""

import os
import random
import signal
import time

from harness import OVER, Guest, check, check_equal, flow, layout, step_of, wait_migration, wait_over
from lab.lines import LabError

ROUNDS_S = 45  # no new round after this
SETTLE_S = 30  # by then a host that was away has been tidied up
HOSTS = ("h1", "h2", "h3")


def _until(reached, what, timeout=SETTLE_S):
    """The first true answer of reached(); programs that are just coming back may say no at first."""
    until = time.monotonic() + timeout
    while True:
        try:
            answer = reached()
        except LabError as problem:
            answer, what = None, f"{what}: {problem}"
        if answer:
            return answer
        check(time.monotonic() < until, f"not within {timeout} s: {what}")
        time.sleep(0.2)


def _start_again(lab, node, program):
    if program == "scheduler":
        lab.start_scheduler()
    else:
        lab.start_agent(node, program)


def _local_files(lab, host):
    folders = [path for _, kind, path in layout.pools(lab.options, host) if kind == "local"]
    return [name for path in folders for name in os.listdir(path) if not name.startswith(".")]


def _moment(lab, rng, migration_id):
    """Half of the kills fall anywhere, half into the end of the memory copy and what follows."""
    if rng.random() < 0.5:
        time.sleep(rng.uniform(0, 2))
    else:
        wait_migration(lab, migration_id, lambda now: step_of(now) == "COPY_STEP_MEMORY")
        time.sleep(rng.uniform(0, 0.8))


def _round(lab, rng, guest):
    at = guest.show()["host"]
    to = rng.choice([host for host in HOSTS if host != at])
    programs = [(at, "source"), (at, "target"), (to, "target"), (to, "source"), ("ctl", "scheduler")]
    victims = rng.sample(programs, rng.choice([1, 1, 2]))
    print(f"{at} -> {to}, killing {victims}", flush=True)
    migration_id = _until(lambda: guest.submit(to, "--live"), "a move is taken")
    _moment(lab, rng, migration_id)
    for node, program in victims:
        lab.stop(node, program, signal.SIGKILL)
    time.sleep(rng.uniform(0, 1))
    for node, program in victims:
        _start_again(lab, node, program)
    over = _until(lambda: wait_over(lab, migration_id), "a verdict", 90)
    print(f"  {over['phase']} {over.get('failure', {}).get('message', '')}", flush=True)
    check(over["phase"] in OVER, f"{migration_id} is {over['phase']}")


def _check_one_guest(lab, guest):
    _until(lambda: guest.show().get("state") == "GUEST_STATE_RUNNING", "the guest runs")
    at = guest.show()["host"]
    wanted = [int(host == at) for host in HOSTS]
    _until(lambda: [guest.qemus(host) for host in HOSTS] == wanted, f"one QEMU, on {at}")
    for host in HOSTS:
        if host != at:
            _until(lambda host=host: not _local_files(lab, host), f"no disks on {host}")
    guest.check_healthy(beats=200)


@flow
def kills_leave_one_guest(lab):
    """kill -9 of the scheduler and of agents of both hosts at random moments of live moves."""
    seed = int(os.environ.get("GW_SEED", "0")) or random.randrange(1 << 32)
    print(f"GW_SEED={seed}", flush=True)
    rng = random.Random(seed)
    guest = Guest(lab)
    guest.boot_on("h1")
    begun = time.monotonic()
    rounds_s = float(os.environ.get("GW_KILLS_S", ROUNDS_S))
    n_rounds = 0
    while time.monotonic() - begun < rounds_s:
        _round(lab, rng, guest)
        _check_one_guest(lab, guest)
        n_rounds += 1
    check_equal(guest.observer.stats(guest.ip)["n_boots"], 1, "boots of the guest")
    print(f"{n_rounds} moves")
