"""The whole life of a guest over plain HTTP, and the JSON that a client may rely on."""

import json
import re
import time
from contextlib import closing

from harness import OVER, Events, Guest, check, check_equal, flow, http

SLOW_BPS = 4 << 20  # so slow that there is time to change one's mind

# What a value must look like: proto3 JSON of the field's type.
SHAPES = {
    "u64": lambda value: isinstance(value, str) and re.fullmatch(r"\d+", value),
    "u32": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "text": lambda value: isinstance(value, str) and value,
    "enum": lambda value: isinstance(value, str) and re.fullmatch(r"[A-Z]+(_[A-Z0-9]+)+", value),
    "time": lambda value: isinstance(value, str)
    and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6}|\.\d{9})?Z", value),
}
HOST = {"name": "text", "id": "text", "state": "enum", "facts.accelerator": "enum", "nGuests": "u32",
        "facts.cpus": "u32", "facts.memoryTotalBytes": "u64", "facts.pools.0.kind": "enum",
        "facts.pools.0.freeBytes": "u64", "facts.machineTypes.0": "text", "sourceSeenAt": "time"}
GUEST = {"spec.name": "text", "spec.uuid": "text", "spec.vcpus": "u32", "spec.memoryBytes": "u64",
         "spec.disks.0.format": "enum", "spec.disks.0.sizeBytes": "u64",
         "spec.disks.0.readonly": "bool", "spec.nics.0.mac": "text", "spec.machineType": "text",
         "spec.migrationStateful": "bool", "state": "enum", "host": "text", "epoch": "u64",
         "createdAt": "time", "changedAt": "time"}
MIGRATION = {"id": "text", "planId": "text", "guestUuid": "text", "guestName": "text",
             "fromHost": "text", "toHost": "text", "mode": "enum", "phase": "enum",
             "attempt": "u32", "epoch": "u64", "cancelRequested": "bool", "createdAt": "time"}
MOVED = {**MIGRATION, "finishedAt": "time", "timings.totalUs": "u64", "timings.blackoutUs": "u64",
         "progress.step": "enum", "progress.bytesTotal": "u64", "progress.pass": "u32",
         "progress.disks.0.doneBytes": "u64", "sharedStorage": "bool"}


def _check_shape(value, shape, what):
    for path, kind in shape.items():
        at = value
        for step in path.split("."):
            try:
                at = at[int(step) if step.isdigit() else step]
            except (KeyError, IndexError, TypeError):
                check(False, f"{what} has no {path}: {json.dumps(value)}")
        check(SHAPES[kind](at), f"{path} of {what} is {at!r}, which is no {kind}")


def _ask(lab, method, path, wanted, body=None, **headers):
    """The answer's (JSON, headers); its status must be as wanted."""
    sent = None if body is None else json.dumps(body).encode()
    status, answered, text = http(lab, method, path, sent, headers)
    check_equal(status, wanted, f"{method} {path}: {text[:500]!r}: HTTP status")
    return (json.loads(text) if text else None), answered


def _get(lab, path):
    return _ask(lab, "GET", path, 200)[0]


def _submit(lab, body, **headers):
    migration, answered = _ask(lab, "POST", "/v1/migrations", 202, body, **headers)
    check_equal(answered["Location"], f"/v1/migrations/{migration['id']}", "where the move is")
    _check_shape(migration, MIGRATION, "a migration that was submitted")
    return migration["id"]


def _wait(lab, migration_id, reached, timeout=60):
    """The migration as GET tells it, once reached(migration) holds or it is over. Events say when
    to look again; a client that has nothing but HTTP looks each second."""
    until = time.monotonic() + timeout
    with closing(Events(lab)) as events:
        while True:
            migration = _get(lab, f"/v1/migrations/{migration_id}")
            if reached(migration) or migration["phase"] in OVER:
                return migration
            check(time.monotonic() < until, f"the move hangs in {migration['phase']}")
            events.next(timeout=1)


def _create(lab, guest):
    body = {"spec": guest.spec, "host": "h1", "start": True}
    made, answered = _ask(lab, "POST", "/v1/guests", 201, body)
    check_equal(answered["Location"], f"/v1/guests/{guest.name}", "where the guest is")
    check_equal((made["state"], made["host"]), ("GUEST_STATE_RUNNING", "h1"), "the new guest")
    _check_shape(made, GUEST, "a guest")
    listed = _get(lab, "/v1/guests")["guests"]
    check_equal([g["spec"]["uuid"] for g in listed], [made["spec"]["uuid"]], "guests listed")
    check_equal(_get(lab, "/v1/guests?host=h2")["guests"], [], "guests of h2")
    guest.wait_boot()
    guest.observer.connect(guest.ip)
    guest.observer.wait(guest.ip, "writes", 100, 60)


def _move(lab, guest):
    """h1 to h2; asked for twice with the same key it is one move."""
    body, key = {"guest": guest.name, "toHost": "h2", "mode": "MIGRATION_MODE_LIVE"}, "move-it-once"
    first = _submit(lab, body, **{"Idempotency-Key": key})
    check_equal(_submit(lab, body, **{"Idempotency-Key": key}), first, "the move asked for again")
    over = _wait(lab, first, lambda migration: False)
    check_equal(over["phase"], "MIGRATION_PHASE_SUCCEEDED", f"the move ({over.get('failure')})")
    _check_shape(over, MOVED, "a migration that is over")
    check_equal(_submit(lab, body, **{"Idempotency-Key": key}), first, "the move asked for at the end")
    other = {**body, "toHost": "h3"}
    problem, _ = _ask(lab, "POST", "/v1/migrations", 409, other, **{"Idempotency-Key": key})
    check_equal(problem["code"], "IDEMPOTENCY_KEY_REUSED", "another move under the same key")
    check_equal(_get(lab, f"/v1/guests/{guest.name}")["host"], "h2", "the guest's host")


def _cancel(lab, guest):
    """A slow move back, given up on the way."""
    slow = _submit(lab, {"guest": guest.name, "toHost": "h1", "bandwidthBps": str(SLOW_BPS)})
    begun = _wait(lab, slow, lambda migration: migration["phase"] == "MIGRATION_PHASE_COPYING")
    check_equal(begun["phase"], "MIGRATION_PHASE_COPYING", "the slow move")
    active = _get(lab, f"/v1/migrations?guest={guest.name}&activeOnly=true")["migrations"]
    check_equal([migration["id"] for migration in active], [slow], "moves under way")
    asked, _ = _ask(lab, "DELETE", f"/v1/migrations/{slow}", 202)
    check_equal(asked["cancelRequested"], True, "the cancel is known")
    over = _wait(lab, slow, lambda migration: False)
    check_equal(over["phase"], "MIGRATION_PHASE_CANCELLED", "the slow move")
    check_equal(_get(lab, f"/v1/guests/{guest.name}")["host"], "h2", "the guest's host")
    listed = _get(lab, "/v1/migrations?limit=1")["migrations"]
    check_equal([migration["id"] for migration in listed], [slow], "the newest move")


@flow
def http_does_the_same(lab):
    """Hosts, create, move, cancel, stop and delete with nothing but HTTP."""
    hosts = _get(lab, "/v1/hosts")["hosts"]
    check_equal([host["name"] for host in hosts], ["h1", "h2", "h3"], "hosts")
    for host in hosts:
        _check_shape(host, HOST, "a host")
        check_equal(host["state"], "HOST_STATE_UP", host["name"])
    guest = Guest(lab)
    _create(lab, guest)
    _move(lab, guest)
    guest.check_healthy()
    _cancel(lab, guest)
    guest.check_healthy()
    path = f"/v1/guests/{guest.name}"
    problem, _ = _ask(lab, "DELETE", path, 409)
    check(guest.name in problem["detail"], f"{guest.name} is not in: {problem}")
    stopped, _ = _ask(lab, "POST", f"{path}/stop", 200, {"timeoutMs": 30000})
    check_equal(stopped["state"], "GUEST_STATE_STOPPED", "the stopped guest")
    _ask(lab, "DELETE", path, 204)
    _ask(lab, "GET", path, 404)
    check_equal(_get(lab, "/v1/guests")["guests"], [], "guests at the end")
    for host in ("h1", "h2"):
        check_equal(guest.qemus(host), 0, f"QEMUs on {host}")
