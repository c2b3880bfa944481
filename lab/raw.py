"""The same guest moved by raw QMP commands, with nothing of Godwit: proves the lab by itself, and is
the floor that benchmarks measure Godwit against."""

import json
import time
from pathlib import Path

from lab import guests, layout
from lab.qmp import wait_socket

CAPABILITIES = ["return-path", "late-block-activate", "pause-before-switchover", "events",
                "validate-uuid"]
UUID = "5b7c3f0e-0d3c-4c1e-9a53-6a1d8c1b2d{:02x}"
MEMORY_PORT, DISK_PORT = 7500, 7501
NO_LIMIT = 1 << 40  # bytes per second; QEMU's own default is 128 MiB/s


class RawGuest:
    """One QEMU on one host of a lab."""

    def __init__(self, lab, host, number, disk, incoming=False, accelerator="tcg"):
        self.lab, self.host, self.number = lab, host, number
        self.disk = Path(disk)
        folder = lab.folder / host
        self.monitor = str(folder / f"raw{number}.qmp")
        self.program = f"raw{number}"
        Path(self.monitor).unlink(missing_ok=True)
        lab.start(host, self.program, self._argv(incoming, accelerator))
        self.qmp = wait_socket(self.monitor)
        lab.run(host, ["ip", "link", "set", self.tap, "master", layout.GUEST_BRIDGE, "up"], check=True)

    @property
    def tap(self):
        return f"tap{self.number}"

    def _argv(self, incoming, accelerator):
        boot = self.lab.folder / "boot"
        disk = {
            "driver": "qcow2",
            "node-name": "disk-root",
            "discard": "unmap",
            "cache": {"direct": True},
            "file": {
                "driver": "file",
                "filename": str(self.disk),
                "discard": "unmap",
                "cache": {"direct": True},
            },
        }
        argv = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-S", "-display", "none"]
        argv += ["-machine", "pc-q35-7.2", "-cpu", "qemu64", "-accel", accelerator]
        argv += ["-m", f"size={guests.MEMORY_BYTES >> 10}k", "-uuid", UUID.format(self.number)]
        argv += ["-blockdev", json.dumps(disk), "-device", "virtio-blk-pci,drive=disk-root"]
        argv += ["-netdev", f"tap,id=n0,ifname={self.tap},script=no,downscript=no"]
        argv += ["-device", f"virtio-net-pci,netdev=n0,mac=52:54:00:90:00:{self.number:02x}"]
        argv += ["-serial", f"file:{self.lab.folder}/log/{self.host}.{self.program}.console"]
        argv += ["-qmp", f"unix:{self.monitor},server=on,wait=off"]
        argv += ["-kernel", str(boot / "vmlinuz"), "-initrd", str(boot / "initrd.img")]
        argv += ["-append", guests.cmdline(self.number)]
        return argv + (["-incoming", "defer"] if incoming else [])

    def set_capabilities(self):
        offered = {c["capability"] for c in self.qmp.command("query-migrate-capabilities")}
        wanted = [{"capability": c, "state": True} for c in CAPABILITIES if c in offered]
        self.qmp.command("migrate-set-capabilities", capabilities=wanted)

    def receive(self, with_disk):
        """Get ready to be migrated into."""
        address = layout.address("mig", self.host)
        self.set_capabilities()
        if with_disk:
            where = {"host": address, "port": str(DISK_PORT)}
            self.qmp.command("nbd-server-start", addr={"type": "inet", "data": where})
            self.qmp.command(
                "block-export-add",
                **{"type": "nbd", "id": "e0", "node-name": "disk-root", "writable": True},
            )
        self.qmp.command("migrate-incoming", uri=f"tcp:{address}:{MEMORY_PORT}")

    def quit(self):
        self.qmp.close()
        self.lab.stop(self.host, self.program, 9)


def _mirror(source, address):
    nbd = {"driver": "nbd", "node-name": "to", "export": "disk-root"}
    nbd["server"] = {"type": "inet", "host": address, "port": str(DISK_PORT)}
    source.qmp.command("blockdev-add", **nbd)
    job = {"job-id": "mirror", "device": "disk-root", "target": "to", "sync": "full"}
    source.qmp.command("blockdev-mirror", **job)
    source.qmp.wait_event("BLOCK_JOB_READY", device="mirror")


def move(source, target, with_disk):
    """Move a running guest; gives the total time and how QEMU itself judges the pause."""
    address = layout.address("mig", target.host)
    target.receive(with_disk)
    begun = time.monotonic()
    source.set_capabilities()
    source.qmp.command(
        "migrate-set-parameters", **{"max-bandwidth": NO_LIMIT, "downtime-limit": 300}
    )
    if with_disk:
        _mirror(source, address)
    source.qmp.command("migrate", uri=f"tcp:{address}:{MEMORY_PORT}")
    source.qmp.wait_event("MIGRATION", status="pre-switchover")
    if with_disk:
        source.qmp.command("block-job-cancel", device="mirror", force=False)
        source.qmp.wait_event("BLOCK_JOB_COMPLETED", device="mirror")
    source.qmp.command("migrate-continue", state="pre-switchover")
    source.qmp.wait_event("MIGRATION", status="completed")
    target.qmp.wait_event("MIGRATION", status="completed")
    if with_disk:
        target.qmp.command("nbd-server-stop")
    target.qmp.command("cont")
    target.qmp.wait_event("RESUME")
    total_us = int((time.monotonic() - begun) * 1e6)
    told = source.qmp.command("query-migrate")
    target.qmp.command(
        "announce-self", **{"initial": 50, "max": 550, "rounds": 5, "step": 100}
    )
    return {"total_us": total_us, "qemu_downtime_ms": told.get("downtime", 0),
            "bytes": told.get("ram", {}).get("transferred", 0)}
