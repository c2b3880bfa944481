"""Two ways to move the same guest, each as an object with the same two methods:
    boot(host)      boot it there, fresh disk and all, and wait until it works
    move(to)        move it live; the figures of the move, in microseconds
    end()           nothing of it is left
Both guests have the same memory, devices, machine, CPU and work to do (lab/guests.py)."""

import json
import subprocess
import tempfile
import time

from lab import guests, layout, raw

DISK_BYTES = 512 << 20
MACHINE, CPU = "pc-q35-7.2", "qemu64"  # as lab/raw.py starts them
MEMORY_PORT, DISK_PORT = str(raw.MEMORY_PORT), str(raw.DISK_PORT)
BOOT_S = 90
WRITES = 300  # blocks on the disk before it is moved
SETTLE_BEATS = 1000  # heard after the move, before the blackout is read


class Watched:
    """A guest as its peer sees it."""

    def __init__(self, lab, number):
        self.lab, self.number = lab, number
        self.ip, self.observer, self.boots = layout.guest_address(number), lab.observer(), 0

    def wait_boot(self):
        self.boots += 1
        self.observer.wait(self.ip, "boots", self.boots, BOOT_S)
        self.observer.wait(self.ip, "scanned", 1, BOOT_S)
        self.observer.wait(self.ip, "writes", WRITES, BOOT_S)

    def mark(self):
        before = self.observer.mark(self.ip)
        return before["memory_errors"] + before["disk_errors"]

    def settle(self, errors_before):
        """The blackout since the mark; the guest must have lost nothing."""
        beats = self.observer.stats(self.ip)["beats"] + SETTLE_BEATS
        stats = self.observer.wait(self.ip, "beats", beats, BOOT_S)
        errors = stats["memory_errors"] + stats["disk_errors"] - errors_before
        if errors or stats["n_boots"] != self.boots:
            raise SystemExit(f"bench: the move harmed the guest: {stats}")
        return stats["blackout_us"]


class GodwitMover(Watched):
    """By the godwit command and the daemons of the lab."""

    name = "godwit"

    def __init__(self, lab, number):
        super().__init__(lab, number)
        self.guest = "bench"

    def boot(self, host):
        spec = guests.spec(self.guest, self.number, "local", disk_bytes=DISK_BYTES)
        spec |= {"machineType": MACHINE, "cpuModel": CPU}
        with tempfile.NamedTemporaryFile("w", suffix=".json", dir=self.lab.folder) as file:
            json.dump(spec, file)
            file.flush()
            self.lab.godwit("guest", "create", "-f", file.name, "--host", host)
        self.lab.godwit("guest", "start", self.guest)
        self.wait_boot()

    def move(self, to):
        errors = self.mark()
        begun = time.monotonic()
        moved = self.lab.godwit("migrate", self.guest, "--to", to, "--live", "--wait")
        command_us = int((time.monotonic() - begun) * 1e6)
        if moved.get("phase") != "MIGRATION_PHASE_SUCCEEDED":
            raise SystemExit(f"bench: migration {moved.get('id')} ended as {moved.get('phase')}")
        timings = moved.get("timings", {})
        return {
            "total_us": int(timings["totalUs"]),
            "blackout_us": self.settle(errors),
            "command_us": command_us,
            "pause_us": int(timings.get("blackoutUs", 0)),
            "qemu_downtime_ms": int(timings.get("qemuDowntimeMs", 0)),
        }

    def end(self):
        self.lab.godwit("guest", "stop", self.guest)
        self.lab.godwit("guest", "delete", self.guest)


class FloorMover(Watched):
    """By bare QMP commands: gw-bench-floor."""

    name = "floor"

    def __init__(self, lab, number):
        super().__init__(lab, number)
        self.floor = layout.program(lab.options, "gw-bench-floor")
        self.source = self.target = None

    def _start(self, host, incoming):
        disk = self.lab.folder / host / "floor.qcow2"
        argv = ["qemu-img", "create", "-q", "-f", "qcow2", disk, str(DISK_BYTES)]
        subprocess.run(argv, check=True)
        return raw.RawGuest(self.lab, host, self.number, disk, incoming=incoming)

    def boot(self, host):
        self.source = self._start(host, incoming=False)
        self.source.qmp.command("cont")
        self.source.qmp.close()  # a monitor serves one client at a time
        self.wait_boot()

    def move(self, to):
        errors = self.mark()
        begun = time.monotonic()
        self.target = self._start(to, incoming=True)
        self.target.qmp.close()
        start_us = int((time.monotonic() - begun) * 1e6)
        argv = [self.floor, "--source-qmp", self.source.monitor, "--target-qmp",
                self.target.monitor, "--address", layout.address("mig", to), "--memory-port",
                MEMORY_PORT, "--disk-port", DISK_PORT, "--disk", "disk-root"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=180, check=False)
        if done.returncode != 0:
            raise SystemExit(f"bench: {done.stderr.strip()}")
        told = json.loads(done.stdout)
        return {
            "total_us": told["total_us"],
            "blackout_us": self.settle(errors),
            "with_start_us": start_us + told["total_us"],
            "pause_us": told["pause_us"],
            "qemu_downtime_ms": told["qemu_downtime_ms"],
        }

    def end(self):
        for guest in (self.source, self.target):
            if guest is not None:
                guest.quit()
        self.source = self.target = None
