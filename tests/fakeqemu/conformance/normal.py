"""What is left of a transcript once chance and figures are taken out of it."""

import json
import re

# Answered while the main loop and another thread race to speak: compared by themselves.
LOOSE = {"migrate-continue", "block-job-cancel", "yank", "migrate-start-postcopy"}
FIGURES = {"total-time", "setup-time", "downtime", "expected-downtime", "ram"}
WANTED_PARAMETERS = {"max-bandwidth", "downtime-limit", "max-postcopy-bandwidth"}


def _migrate(value):
    """Which figures are told, not their values; why it failed, not how the socket put it."""
    value = dict(value)
    for key in FIGURES & value.keys():
        value[key] = "..."
    if value.get("error-desc", "").startswith("Unable to write to socket:"):
        value["error-desc"] = "Unable to write to socket"
    value.pop("blocktime", None)
    value.pop("postcopy-blocktime", None)
    value.pop("postcopy-vcpu-blocktime", None)
    for address in value.get("socket-address", []):
        address["port"] = "..."
        address.pop("ipv4", None)
    return value


def _nodes(value):
    return sorted((node["node-name"], node["drv"], node["ro"]) for node in value)


def _block_jobs(value):
    return [{key: job[key] for key in ("device", "type", "ready", "status")} for job in value]


VALUES = {
    "query-migrate": _migrate,
    "query-named-block-nodes": _nodes,
    "query-block-jobs": _block_jobs,
    "query-migrate-parameters": lambda v: {k: v[k] for k in WANTED_PARAMETERS & v.keys()},
    "query-version": lambda v: v["qemu"],
}
DESCRIPTIONS = [
    (re.compile(r"^(Permission conflict on node '[^']*').*"), r"\1"),
    (re.compile(r"^(JSON parse error).*"), r"\1"),
]


def _refusal(value):
    desc = value["desc"]
    for pattern, instead in DESCRIPTIONS:
        desc = pattern.sub(instead, desc)
    return {**value, "desc": desc}


def _entry(kind, name, value):
    if kind == "refusal":
        value = _refusal(value)
    elif kind == "answer" and name in VALUES:
        value = VALUES[name](value)
    elif name == "greeting":
        value = {"capabilities": value["capabilities"], "version": value["version"]["qemu"]}
    elif name == "MIGRATION_PASS":
        value = None
    return (kind, name, value)


def _is_device(entry):
    return entry[:2] == ("event", "MIGRATION") and entry[2]["status"] == "device"


def _without_device(heard):
    """One that is cancelled in pre-switchover may tell of `device` first: it is woken up before it is
    told why (migrate_fd_cancel of 7.2)."""
    after = [*heard[1:], None]
    return [entry for entry, next_one in zip(heard, after)
            if not (_is_device(entry)
                    and next_one == ("event", "MIGRATION", {"status": "cancelling"}))]


def _without_chance(heard):
    """Jobs stand by for a moment whenever QEMU drains its disks; it needs as many passes over the
    memory as the guest writes."""
    is_stopped, migration, waits = False, "", set()
    for kind, name, value in _without_device(heard):
        if kind == "event" and name == "JOB_STATUS_CHANGE":
            job = value["id"]
            if value["status"] in ("standby", "paused"):
                waits.add(job)
                continue
            if value["status"] in ("ready", "running") and job in waits:
                waits.discard(job)
                continue
        if kind == "event":
            is_stopped = (is_stopped or name == "STOP") and name != "RESUME"
            migration = value["status"] if name == "MIGRATION" else migration
            if name == "MIGRATION_PASS" and migration == "active" and not is_stopped:
                continue
        yield kind, name, value


def transcript(monitor, more_loose=()):
    """The order of things said, and apart from it the answers whose place is chance."""
    ordered, apart = [], []
    for kind, name, value in (_entry(*heard) for heard in _without_chance(monitor.heard)):
        is_loose = name in LOOSE or name in more_loose
        line = f"{kind} {name} {json.dumps(value, sort_keys=True)}"
        (apart if is_loose else ordered).append((name, line))
    apart.sort(key=lambda pair: pair[0])
    return [line for _, line in ordered] + [f"(apart) {line}" for _, line in apart]
