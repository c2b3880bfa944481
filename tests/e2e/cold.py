"""Moves of a guest that is not running, or is shut down for it."""

from harness import Guest, check_equal, flow


def _move_running(guest, to):
    home = guest.show()["host"]
    guest.migrate(to, "--cold")
    guest.wait_boot()
    guest.check_at(to)
    guest.check_healthy()
    guest.check_nothing_left(home)
    check_equal(guest.qemus(to), 1, f"QEMUs on {to}")


def _move_stopped(guest, to):
    home = guest.show()["host"]
    guest.lab.godwit("guest", "stop", guest.name)
    guest.check_at(home, "GUEST_STATE_STOPPED")
    guest.migrate(to, "--cold")
    guest.check_at(to, "GUEST_STATE_STOPPED")
    check_equal(guest.qemus(to), 0, f"QEMUs on {to}")
    guest.check_nothing_left(home)
    guest.start()
    guest.check_healthy()


def _both(lab, pool, disk_format="QCOW2"):
    guest = Guest(lab, pool=pool, disk_format=disk_format)
    guest.boot_on("h1", connect=False)
    _move_running(guest, "h2")
    _move_stopped(guest, "h1")


@flow
def cold_local(lab):
    """Local disks are copied: the rebooted guest finds every block it wrote."""
    _both(lab, "local")


@flow
def cold_local_raw(lab):
    """The same with raw disks."""
    _both(lab, "local", "RAW")


@flow
def cold_never_booted(lab):
    """A guest that was made and never booted goes there and back, and boots."""
    guest = Guest(lab, pool="shared")
    guest.create("h1")
    for to in ("h2", "h1"):
        guest.migrate(to, "--cold")
        guest.check_at(to, "GUEST_STATE_STOPPED")
    guest.start()
    guest.check_healthy()


@flow
def cold_shared(lab):
    """Shared disks stay where they are."""
    _both(lab, "shared")
