"""The real daemons with fake QEMUs, in a lab: every kind of move, and a few that must fail well."""

import os
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from fakelab import fake_lab  # noqa: E402
from lab.client import GodwitError  # noqa: E402

BUILD = os.environ.get("GW_BUILD_DIR", str(HERE.parents[1] / "build" / "dev"))
LONGEST_S = 3.0  # of a move, at its quickest: 0.1 to 0.4 where nothing else runs
ROUNDS = 3
WAYS = [  # pool `data` is local on h1 and shared by the others
    ("live, disk copied", "h2", "--live"),
    ("live, shared", "h3", "--live"),
    ("live, back to h1", "h1", "--live"),
    ("cold, disk copied", "h2", "--cold"),
    ("cold, shared", "h3", "--cold"),
    ("cold, back to h1", "h1", "--cold"),
]


class Wrong(Exception):
    """Something that must hold does not."""


def check(holds, message):
    if not holds:
        raise Wrong(message)


def check_at(lab, guest, host):
    shown = lab.godwit("guest", "show", guest)
    check((shown["host"], shown["state"]) == (host, "GUEST_STATE_RUNNING"),
          f"{guest} is {shown['state']} on {shown['host']}, wanted on {host}")


def seconds(function, *arguments):
    begun = time.monotonic()
    function(*arguments)
    return time.monotonic() - begun


def go_round(fake, guest):
    """Every kind of move once; gives how long each took."""
    took = []
    for _, host, mode in WAYS:
        took.append(seconds(fake.lab.godwit, "migrate", guest, "--to", host, mode, "--wait"))
        check_at(fake.lab, guest, host)
    return took


def moves(fake, disk_format):
    guest = f"g-{disk_format.lower()}"
    took = [("create", seconds(lambda: fake.create(guest, "h1", disk_format=disk_format))),
            ("start", seconds(fake.lab.godwit, "guest", "start", guest))]
    rounds = [go_round(fake, guest) for _ in range(ROUNDS)]
    took += [(what, min(each)) for (what, *_), each in zip(WAYS, zip(*rounds))]
    for what, one in took:
        print(f"{disk_format}: {what}: {one * 1000:.0f} ms")
        check(one <= LONGEST_S, f"{what} took {one:.2f} s at its quickest")


def fails_well(fake, quirks, reason):
    """The move fails for that reason, and the guest runs on where it was."""
    guest = f"g-{reason.lower().replace('_', '-')}"
    fake.create(guest, "h1", "--start")
    fake.set_quirks(quirks)
    try:
        fake.lab.godwit("migrate", guest, "--to", "h2", "--live", "--wait")
    except GodwitError as problem:
        check(reason in problem.stderr, f"with {quirks}: {problem.stderr}")
    else:
        raise Wrong(f"the move went well in spite of {quirks}")
    finally:
        fake.set_quirks("")
    check_at(fake.lab, guest, "h1")


def main():
    if os.geteuid() != 0:
        print("a lab needs root")
        return 77
    with fake_lab(BUILD) as fake:
        for disk_format in ("RAW", "QCOW2"):
            moves(fake, disk_format)
        fails_well(fake, "lost-ack", "MEMORY_COPY_FAILED")
        fails_well(fake, "dead-mirror", "MIRROR_FAILED")
        found = fake.problems()
        check(not found, "\n".join(found))
        check(len(fake.history()) > 50, "the history is too short to be true")
    print("no guest ran twice, none lost a write")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Wrong as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
