"""What a move leaves behind: it can be had back, and goes for good only by name."""

import json
import shutil
import subprocess
from pathlib import Path

from harness import Guest, check, check_equal, flow, http
from lab import layout
from lab.client import GodwitError

INVALID, NOT_FOUND = 2, 4


def _pool(lab, host, pool="local"):
    return Path(next(path for name, _, path in layout.pools(lab.options, host) if name == pool))


def _only_entry(lab, host):
    entries = lab.godwit("trash", "list", "--host", host)["entries"]
    check_equal(len(entries), 1, f"entries in the trash of {host}")
    return entries[0]


def _check_same(one, other):
    compared = subprocess.run(["qemu-img", "compare", "-f", "qcow2", "-F", "qcow2", one, other],
                              capture_output=True, text=True, check=False)
    check_equal(compared.returncode, 0, f"{one} and {other}: {compared.stdout}{compared.stderr}")


def _check_refused(lab, wanted, *argv):
    try:
        lab.godwit("trash", *argv)
    except GodwitError as problem:
        check_equal(problem.code, wanted, f"exit status of {argv}: {problem.stderr}")
        return
    check(False, f"godwit trash {' '.join(argv)} was not refused")


@flow
def trash_gives_a_disk_back(lab):
    """A disk that a move left behind is listed, comes back whole, and is in nobody's way; what is
    purged is gone, and nothing else."""
    guest = Guest(lab, pool="local")
    guest.boot_on("h1", connect=False)
    lab.godwit("guest", "stop", guest.name)
    disk = guest.show()["spec"]["disks"][0]["file"]
    kept = lab.folder / "kept.qcow2"
    shutil.copyfile(_pool(lab, "h1") / disk, kept)

    moved = guest.migrate("h2", "--cold")
    entry = _only_entry(lab, "h1")
    for key, wanted in (("host", "h1"), ("pool", "local"), ("guestName", guest.name),
                        ("guestUuid", guest.uuid()), ("disk", "root"), ("file", disk),
                        ("migrationId", moved["id"]), ("sizeBytes", str(kept.stat().st_size)),
                        ("unknown", False)):
        check_equal(entry.get(key), wanted, f"{key} of the entry")
    status, _, body = http(lab, "GET", "/v1/trash?host=h1")
    check_equal((status, json.loads(body)["entries"]), (200, [entry]), "the list over HTTP")

    back = lab.godwit("trash", "restore", entry["id"])
    check_equal(back["file"], f"{disk}.restored", "the restored disk's name")
    restored = _pool(lab, "h1") / back["file"]
    _check_same(kept, restored)
    _check_same(_pool(lab, "h2") / disk, restored)
    check_equal(lab.godwit("trash", "list")["entries"], [], "the trash")
    _check_refused(lab, NOT_FOUND, "restore", entry["id"])

    guest.start()
    guest.migrate("h1", "--live")
    guest.check_at("h1")
    guest.check_healthy()
    _check_same(kept, restored)
    entry = _only_entry(lab, "h2")
    for name in ("../x", f"local/{disk}", disk, ".", "/etc/passwd", entry["name"]):
        _check_refused(lab, INVALID, "purge", name, "--yes")
        _check_refused(lab, INVALID, "restore", name)
    lab.godwit("trash", "purge", entry["id"])  # only shows it
    _only_entry(lab, "h2")
    lab.godwit("trash", "purge", entry["id"], "--yes")
    check_equal(list((_pool(lab, "h2") / ".trash").iterdir()), [], "files in the trash of h2")
    check(restored.exists() and (_pool(lab, "h1") / disk).exists(), "a disk is gone")
    guest.check_healthy()
