#!/usr/bin/env python3
"""gw-bench-floor moves a guest (its firmware is enough) between two QEMUs, with and without a disk,
and says what went wrong when something does."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

FLOOR = Path(os.environ["GW_BUILD_DIR"], "bin", "gw-bench-floor")
# Not a multiple of 256 KiB: QEMU 7.2 on TCG loses memory writes of such guests in a live move.
MEMORY_KIB = 65544


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class Floor(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="gw-floor-")
        self.path = Path(self.folder.name)
        self.qemus = []

    def tearDown(self):
        for qemu in self.qemus:
            qemu.kill()
            qemu.wait()
        self.folder.cleanup()

    def start(self, name, *more):
        disk = self.path / f"{name}.raw"
        disk.write_bytes(os.urandom(1 << 20) + bytes(3 << 20))
        node = {"driver": "raw", "node-name": "disk-root"}
        node["file"] = {"driver": "file", "filename": str(disk)}
        argv = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-M", "q35,accel=tcg"]
        argv += ["-m", f"size={MEMORY_KIB}k", "-blockdev", json.dumps(node)]
        argv += ["-device", "virtio-blk-pci,drive=disk-root"]
        argv += ["-qmp", f"unix:{self.path}/{name}.qmp,server=on,wait=off", *more]
        self.qemus.append(subprocess.Popen(argv))
        return disk

    def wait_monitors(self, *names):
        until = time.monotonic() + 20
        for name in names:
            while True:
                with socket.socket(socket.AF_UNIX) as client:
                    try:
                        client.connect(f"{self.path}/{name}.qmp")
                        client.recv(1)
                        break
                    except (FileNotFoundError, ConnectionRefusedError):
                        self.assertLess(time.monotonic(), until)
                        time.sleep(0.01)

    def move(self, *more):
        argv = [FLOOR, "--source-qmp", self.path / "a.qmp", "--target-qmp", self.path / "b.qmp"]
        argv += ["--address", "127.0.0.1", "--memory-port", free_port(), "--timeout-ms", "60000"]
        return subprocess.run([*argv, *more], capture_output=True, text=True, check=False)

    def check_times(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertGreater(told["pause_us"], 0)
        self.assertGreater(told["total_us"], told["pause_us"])
        self.assertLess(told["total_us"], 60_000_000)
        self.assertGreater(told["memory_bytes"], 0)
        parts = ["prepare_us", "mirror_us", "memory_us", "unhook_us", "device_us", "resume_us"]
        self.assertEqual(sum(told[part] for part in parts), told["total_us"])

    def test_a_guest_moves_with_its_disk(self):
        source = self.start("a")
        target = self.start("b", "-S", "-incoming", "defer")
        self.wait_monitors("a", "b")
        self.check_times(self.move("--disk", "disk-root", "--disk-port", free_port()))
        self.assertEqual(source.read_bytes(), target.read_bytes())

    def test_a_guest_moves_without_its_disk(self):
        self.start("a")
        self.start("b", "-S", "-incoming", "defer")
        self.wait_monitors("a", "b")
        self.check_times(self.move())

    def test_a_target_that_waits_for_nothing_is_an_error(self):
        self.start("a")
        self.start("b", "-S")
        self.wait_monitors("a", "b")
        done = self.move()
        self.assertEqual(done.returncode, 10)
        self.assertIn("migrate-incoming", done.stderr)

    def test_missing_monitors_are_named(self):
        done = self.move()
        self.assertEqual(done.returncode, 4)
        self.assertIn("a.qmp", done.stderr)

    def test_missing_options_show_the_usage(self):
        done = subprocess.run([FLOOR], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("usage", done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
