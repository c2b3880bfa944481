"""Moves that are given up: the guest stays, and the target keeps nothing."""

from harness import Guest, check, check_equal, flow, lab_options, step_of, wait_migration, wait_over

SLOW = lab_options(migration_rate="60mbit")  # a move takes tens of seconds: time to change one's mind

SCATTERED = 1024  # each block in a cluster of its own: the disk has 64 KiB of data for each


def _is_copying(step):
    return lambda migration: (
        migration.get("phase") == "MIGRATION_PHASE_COPYING" and step_of(migration) == step
    )


def _cancel_when(lab, guest, to, reached, *options):
    migration_id = guest.submit(to, *options)
    now = wait_migration(lab, migration_id, reached)
    check(reached(now), f"the move was {now.get('phase')} before it could be cancelled")
    lab.godwit("migration", "cancel", migration_id)
    over = wait_over(lab, migration_id)
    check_equal(over["phase"], "MIGRATION_PHASE_CANCELLED", "the cancelled move")


def _cancel_live(lab, pool, step):
    guest = Guest(lab, pool=pool, stripes=SCATTERED)
    guest.boot_on("h1")
    guest.observer.wait(guest.ip, "writes", 800, 60)
    _cancel_when(lab, guest, "h2", _is_copying(step), "--live")
    guest.check_at("h1")
    guest.check_healthy()
    guest.check_nothing_left("h2")


@flow
@SLOW
def cancel_live_local(lab):
    """While the disk is mirrored."""
    _cancel_live(lab, "local", "COPY_STEP_DISKS")


@flow
@SLOW
def cancel_live_shared(lab):
    """While memory is copied."""
    _cancel_live(lab, "shared", "COPY_STEP_MEMORY")


@flow
def cancel_then_move(lab):
    """A guest whose move was cancelled moves well the next time."""
    guest = Guest(lab, pool="local")
    guest.boot_on("h1")
    migration_id = guest.submit("h2", "--live", "--bandwidth", "4Mi")
    wait_migration(lab, migration_id, _is_copying("COPY_STEP_DISKS"))
    lab.godwit("migration", "cancel", migration_id)
    check_equal(wait_over(lab, migration_id)["phase"], "MIGRATION_PHASE_CANCELLED", "the first move")
    guest.migrate("h2", "--live")
    guest.check_at("h2")
    guest.check_healthy()
    guest.check_nothing_left("h1")


@flow
@SLOW
def cancel_cold_local(lab):
    """While the disk of a stopped guest is copied."""
    guest = Guest(lab, pool="local", stripes=SCATTERED)
    guest.boot_on("h1", connect=False)
    guest.observer.wait(guest.ip, "writes", 900, 60)
    lab.godwit("guest", "stop", guest.name)
    _cancel_when(lab, guest, "h2", _is_copying("COPY_STEP_DISKS"), "--cold")
    guest.check_at("h1", "GUEST_STATE_STOPPED")
    guest.check_nothing_left("h2")
    guest.start()
    guest.check_healthy()


@flow
def cancel_cold_shared(lab):
    """While a guest that hears no power button is asked to shut down: it just goes on."""
    guest = Guest(lab, pool="shared", ignore_button=True)
    guest.boot_on("h1")
    _cancel_when(lab, guest, "h2", _is_copying("COPY_STEP_SHUTDOWN"), "--cold",
                 "--shutdown-timeout", "5")
    guest.check_at("h1")
    guest.check_healthy()
    guest.check_nothing_left("h2")
