"""Moves of a running guest."""

from harness import Guest, check, check_equal, flow, wait_over

# A generous bound on a busy machine with an emulated CPU; benchmarks measure closer.
LONGEST_BLACKOUT_MS = 3000


def _move(guest, to, shared):
    before = guest.show()
    guest.observer.mark(guest.ip)
    moved = guest.migrate(to, "--live")
    guest.check_at(to)
    check_equal(moved.get("sharedStorage", False), shared, "move over shared storage")
    stats = guest.check_healthy(longest_blackout_ms=LONGEST_BLACKOUT_MS)
    check(int(guest.show()["epoch"]) > int(before["epoch"]), "the epoch did not rise")
    guest.check_nothing_left(before["host"])
    check_equal(guest.qemus(to), 1, f"QEMUs on {to}")
    print(f"{before['host']} -> {to}: total {int(moved['timings']['totalUs']) / 1e6:.2f} s, "
          f"blackout {stats['blackout_us'] / 1000:.0f} ms, lost {stats['lost']}")


@flow
def live_local_to_shared(lab):
    """Local disk on h1, mirrored into h2's shared pool; then on to h3 without copying; then home."""
    guest = Guest(lab)
    guest.boot_on("h1")
    _move(guest, "h2", shared=False)
    _move(guest, "h3", shared=True)
    _move(guest, "h1", shared=False)


@flow
def live_shared(lab):
    """To and fro over shared storage."""
    guest = Guest(lab, pool="shared")
    guest.boot_on("h1")
    for to in ("h2", "h3", "h1"):
        _move(guest, to, shared=True)


@flow
def live_local(lab):
    """To and fro between local disks."""
    guest = Guest(lab, pool="local")
    guest.boot_on("h1")
    for to in ("h2", "h1"):
        _move(guest, to, shared=False)


@flow
def live_two_guests(lab):
    """Two guests cross each other."""
    first, second = Guest(lab, "one", 1), Guest(lab, "two", 2, pool="shared")
    first.boot_on("h1")
    second.boot_on("h2")
    ids = [first.submit("h2", "--live"), second.submit("h1", "--live")]
    for migration_id in ids:
        over = wait_over(lab, migration_id)
        check_equal(over["phase"], "MIGRATION_PHASE_SUCCEEDED", f"migration {migration_id}")
    first.check_at("h2")
    second.check_at("h1")
    first.check_healthy()
    second.check_healthy()
