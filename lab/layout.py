"""Names, addresses and folders of a lab, and the settings files of its programs."""

import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path

NETWORKS = {"mgmt": "10.90.1", "mig": "10.90.2", "guest": "10.90.3"}
PREFIX_BITS = 24
GUEST_BRIDGE = "br0"  # on every host; guests' taps join it
BEAT_PORT = 7001  # UDP, at the peer
ECHO_PORT = 7002  # TCP, in the guests
SCHEDULER_PORT, SOURCE_PORT, TARGET_PORT = 7400, 7401, 7402
PEER_ADDRESS = NETWORKS["guest"] + ".1"
CTL_ADDRESS = NETWORKS["mgmt"] + ".1"


@dataclass
class Options:
    """What `lab up` was asked for; kept in lab.json."""

    folder: str
    build: str
    n_hosts: int = 3
    migration_rate: str = ""  # as tc reads it, e.g. 200mbit; empty: no limit
    accelerator: str = "auto"
    host_memory: int = 4 << 30
    log_level: str = "info"
    with_daemons: bool = True
    settings: dict = field(default_factory=dict)  # {"source": {"key": "value"}}: added to its file


def host_names(options):
    return [f"h{number}" for number in range(1, options.n_hosts + 1)]


def address(network, host):
    """The address of a host (h1, h2, ...) on one of the three networks."""
    return f"{NETWORKS[network]}.{10 + int(host[1:])}"


def guest_address(number):
    return f"{NETWORKS['guest']}.{100 + number}"


def program(options, name):
    return str(Path(options.build, "bin", name))


def scheduler_socket(options):
    return str(Path(options.folder, "ctl", "s.sock"))


def scheduler_url(options):
    return "ipc://" + scheduler_socket(options)


def node_socket(options, node):
    return str(Path(options.folder, "run", node + ".sock"))


def pools(options, host):
    """(id, kind, path): `data` is local on h1 and shared on all others, so that one disk makes both
    kinds of move; `local` and `shared` are what they say, everywhere."""
    folder = Path(options.folder)
    data = ("local", folder / host / "data") if host == "h1" else ("shared", folder / "shared/data")
    return [
        ("data", *data),
        ("local", "local", folder / host / "local"),
        ("shared", "shared", folder / "shared/all"),
    ]


def _write_settings(options, path, kind, rows):
    lines = [f"{key} = {value}" for key, value in rows]
    lines += [f"{key} = {value}" for key, value in options.settings.get(kind, {}).items()]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def new_boot_id(options, host):
    """A lab host's own boot id: all share one kernel, yet each can be switched off and on."""
    path = Path(options.folder, host, "boot-id")
    path.write_text(str(uuid.uuid4()) + "\n", encoding="utf-8")
    return str(path)


def write_agent_settings(options, host, kind):
    """Settings of a host's `source` or `target`; gives the file's path."""
    folder = Path(options.folder, host)
    data = folder / kind
    data.mkdir(parents=True, exist_ok=True)
    (folder / "host").mkdir(exist_ok=True)
    port = {"source": SOURCE_PORT, "target": TARGET_PORT}[kind]
    rows = [
        ("data_dir", data),
        ("log_level", options.log_level),
        ("host_name", host),
        ("host_dir", folder / "host"),
        ("scheduler", f"tcp://{CTL_ADDRESS}:{SCHEDULER_PORT}"),
        ("listen", f"tcp://{address('mgmt', host)}:{port}"),
        ("management_address", address("mgmt", host)),
        ("migration_address", address("mig", host)),
        ("bridge", GUEST_BRIDGE),
        ("boot_dir", Path(options.folder, "boot")),
        ("boot_id_file", folder / "boot-id"),
        ("accelerator", options.accelerator),
        ("memory_bytes", options.host_memory),
    ]
    for pool, pool_kind, path in pools(options, host):
        path.mkdir(parents=True, exist_ok=True)
        rows.append(("pool", f"{pool}:{pool_kind}:{path}"))
    return _write_settings(options, folder / f"{kind}.conf", kind, rows)


def write_scheduler_settings(options):
    folder = Path(options.folder, "ctl")
    (folder / "scheduler").mkdir(parents=True, exist_ok=True)
    rows = [
        ("data_dir", folder / "scheduler"),
        ("log_level", options.log_level),
        ("listen", f"tcp://{CTL_ADDRESS}:{SCHEDULER_PORT}"),
        ("listen", scheduler_url(options)),
    ]
    return _write_settings(options, folder / "scheduler.conf", "scheduler", rows)


def write_gateway_settings(options):
    folder = Path(options.folder, "front")
    (folder / "gateway").mkdir(parents=True, exist_ok=True)
    rows = [
        ("data_dir", folder / "gateway"),
        ("log_level", options.log_level),
        ("listen", "127.0.0.1:0"),
        ("scheduler", scheduler_url(options)),
    ]
    return _write_settings(options, folder / "gateway.conf", "gateway", rows)


def default_folder(source_tree):
    """A short folder per checkout: socket paths below it must stay under 100 bytes."""
    import hashlib

    digest = hashlib.sha256(os.path.realpath(source_tree).encode()).hexdigest()
    return f"/tmp/gwlab-{digest[:8]}"
