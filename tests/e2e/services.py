"""Services that die and come back."""

import signal
import time
import urllib.error
import urllib.request

from harness import Guest, check, check_equal, flow
from lab.client import GodwitError

UNAVAILABLE_EXIT, UNAVAILABLE_HTTP = 9, 503
DEADLINE_S = 12  # by then a caller must have been told


@flow
def agents_restart(lab):
    """Both agents of a host are killed and started again: the guest never notices, and can be moved
    by the new ones."""
    guest = Guest(lab, pool="local")
    guest.boot_on("h1")
    for kind in ("source", "target"):
        lab.stop("h1", kind, signal.SIGKILL)
    guest.observer.wait(guest.ip, "beats", 1000, 30)
    for kind in ("target", "source"):
        lab.start_agent("h1", kind)
    guest.check_healthy(beats=3000, longest_blackout_ms=1000)
    check_equal(guest.qemus("h1"), 1, "QEMUs on h1")
    guest.check_at("h1")
    guest.migrate("h2", "--live")
    guest.check_healthy()
    guest.check_nothing_left("h1")
    lab.stop("h2", "source", signal.SIGTERM)
    lab.start_agent("h2", "source")
    lab.godwit("guest", "stop", guest.name)
    guest.check_at("h2", "GUEST_STATE_STOPPED")


def _http_status(lab, path):
    try:
        with urllib.request.urlopen(lab.description["gateway"] + path, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as problem:
        problem.close()
        return problem.code


@flow
def scheduler_down(lab):
    """While the scheduler is away callers are told UNAVAILABLE in time and guests run on; when it is
    back everything works, nothing else restarted."""
    guest = Guest(lab, pool="shared")
    guest.boot_on("h1")
    lab.stop("ctl", "scheduler", signal.SIGKILL)
    begun = time.monotonic()
    try:
        lab.godwit("guest", "list")
        check(False, "guest list succeeded without a scheduler")
    except GodwitError as problem:
        check_equal(problem.code, UNAVAILABLE_EXIT, "exit status without a scheduler")
    check_equal(_http_status(lab, "/v1/guests"), UNAVAILABLE_HTTP, "HTTP status without a scheduler")
    check(time.monotonic() - begun < DEADLINE_S, "the answers took too long")
    guest.check_healthy()
    lab.start_scheduler()
    guest.check_at("h1")
    check_equal(_http_status(lab, "/v1/guests"), 200, "HTTP status with the scheduler back")
    guest.migrate("h2", "--live")
    guest.check_at("h2")
    guest.check_healthy()
