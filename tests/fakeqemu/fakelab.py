"""A lab (docs/lab.md) whose QEMUs are fakes: guests that start and move in a tenth of a second, a
history of all they did, and quirks that can be changed while it runs."""

import json
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import history  # noqa: E402
from lab import client, layout  # noqa: E402

DISK_BYTES = 16 << 20


class FakeLab:
    """`lab` is the lab itself; hosts are named in quirks as they are in the lab."""

    def __init__(self, lab, folder):
        self.lab, self.log, self.control = lab, Path(folder, "history"), Path(folder, "control")

    def set_quirks(self, *quirks):
        """From now on these, in place of the ones before."""
        new = self.control.with_suffix(".new")
        new.write_text("\n".join(quirks) + "\n", encoding="utf-8")
        new.replace(self.control)

    def history(self):
        return history.read(self.log)

    def problems(self):
        return history.problems(self.history())

    def create(self, name, host, *options, **spec_options):
        """A guest, by default with one raw disk in pool `data`."""
        path = self.log.with_name(f"{name}.json")
        path.write_text(json.dumps(spec(name, **spec_options)), encoding="utf-8")
        return self.lab.godwit("guest", "create", "-f", str(path), "--host", host, *options)


def spec(name, pool="data", disk_format="RAW", disk_bytes=DISK_BYTES):
    return {
        "name": name,
        "vcpus": 1,
        "memoryBytes": str((64 << 20) + (8 << 10)),  # see docs/lab.md
        "disks": [{"name": "root", "pool": pool, "format": f"DISK_FORMAT_{disk_format}",
                   "sizeBytes": str(disk_bytes)}],
        "nics": [{"bridge": layout.GUEST_BRIDGE}],
        "migrationStateful": True,
    }


@contextmanager
def fake_lab(build, environment=None, **options):
    """As lab.client.tied_lab(). `environment`: knobs of gw-fake-qemu."""
    qemu = {"qemu": str(Path(build, "bin", "gw-fake-qemu"))}
    folder = tempfile.mkdtemp(prefix="gw-fakelab-")
    ours = {"GW_FAKE_QEMU_LOG": f"{folder}/history", "GW_FAKE_QEMU_CONTROL": f"{folder}/control",
            **(environment or {})}
    before = {key: os.environ.get(key) for key in ours}
    os.environ.update(ours)  # every program of the lab inherits it
    try:
        settings = {"source": qemu, "target": qemu}
        with client.tied_lab(build, accelerator="tcg", settings=settings, **options) as lab:
            yield FakeLab(lab, folder)
    finally:
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.__setitem__(key, value)
        shutil.rmtree(folder, ignore_errors=True)
