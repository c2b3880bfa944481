"""Services that die and come back."""

import json
import signal
import time
from contextlib import closing

from harness import Events, Guest, check, check_equal, flow, http, wait_over
from lab.client import GodwitError

PRECONDITION_EXIT, UNAVAILABLE_EXIT, UNAVAILABLE_HTTP = 6, 9, 503
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
    check_equal(http(lab, "GET", "/v1/guests")[0], UNAVAILABLE_HTTP, "HTTP status without a scheduler")
    check(time.monotonic() - begun < DEADLINE_S, "the answers took too long")
    guest.check_healthy()
    lab.start_scheduler()
    guest.check_at("h1")
    check_equal(http(lab, "GET", "/v1/guests")[0], 200, "HTTP status with the scheduler back")
    guest.migrate("h2", "--live")
    guest.check_at("h2")
    guest.check_healthy()


def _wait_host(events, host, state):
    events.wait(lambda event: (event.get("host", {}).get("name") == host
                               and event["host"].get("state") == state),
                f"calls {host} {state}")


@flow
def an_absent_agent_is_told(lab):
    """A move to a host without its target agent is refused and names the host; once the agent is
    back it works, nothing else restarted."""
    guest = Guest(lab, pool="shared")
    guest.boot_on("h1")
    with closing(Events(lab, after=0)) as events:
        _wait_host(events, "h2", "HOST_STATE_UP")
        lab.stop("h2", "target", signal.SIGKILL)
        _wait_host(events, "h2", "HOST_STATE_DEGRADED")
        try:
            guest.migrate("h2", "--live")
            check(False, "a move to a host without its target succeeded")
        except GodwitError as problem:
            check_equal(problem.code, PRECONDITION_EXIT, "exit status without a target")
            check("h2" in problem.stderr, f"h2 is not in: {problem.stderr}")
        refused = json.dumps({"guest": guest.name, "toHost": "h2"}).encode()
        status, _, text = http(lab, "POST", "/v1/migrations", refused)
        check_equal((status, json.loads(text)["code"]), (409, "HOST_DEGRADED"), "HTTP without a target")
        guest.check_at("h1")
        lab.start_agent("h2", "target")
        _wait_host(events, "h2", "HOST_STATE_UP")
    guest.migrate("h2", "--live")
    guest.check_at("h2")
    guest.check_healthy()


@flow
def a_target_that_dies_is_no_harm(lab):
    """A move to a host whose target agent has just gone, before anybody noticed: it fails and says
    which host, and the guest runs on where it was."""
    guest = Guest(lab, pool="shared")
    guest.boot_on("h1")
    lab.stop("h2", "target", signal.SIGKILL)
    over = wait_over(lab, guest.submit("h2", "--live"))
    check_equal(over["phase"], "MIGRATION_PHASE_FAILED", "a move to a host without its target")
    check("h2" in over["failure"]["message"], f"h2 is not in: {over['failure']}")
    guest.check_at("h1")
    guest.check_healthy()
