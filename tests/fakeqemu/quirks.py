"""What gw-fake-qemu does beyond the real QEMU: each quirk, and the history."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "conformance")]

import history  # noqa: E402
from pair import Pair  # noqa: E402
from peer import UUID  # noqa: E402

BUILD = os.environ.get("GW_BUILD_DIR", str(HERE.parents[1] / "build" / "dev"))
FAKE = str(Path(BUILD, "bin", "gw-fake-qemu"))
YANK = [{"type": "migration"}]


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="gw-quirks-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.env = {
            "GW_FAKE_QEMU_LOG": self.folder + "/history",
            "GW_FAKE_QEMU_CONTROL": self.folder + "/control",
            "GW_FAKE_QEMU_WRITE_MS": "2",
        }

    def pair(self, quirks="", **env):
        pair = Pair(FAKE, self.folder, is_fake=True, env={**self.env, "GW_FAKE_QEMU": quirks, **env})
        self.addCleanup(pair.__exit__)
        return pair

    def set_quirks(self, text):
        Path(self.folder, "control").write_text(text)

    def history(self):
        return history.read(self.folder + "/history")

    def status(self, qemu):
        return qemu.qmp.ask("query-status")["status"]

    def moved(self, pair, mirrored=True):
        """A guest that was moved, and waits at the target."""
        a, b = pair.live(mirrored)
        pair.join(a, b)
        pair.reach(a, "pre-switchover")
        if mirrored:
            pair.end_mirror(a)
            a.qmp.until("JOB_STATUS_CHANGE", status="concluded")
        pair.go_on(a)
        b.qmp.until("MIGRATION", status="completed")
        return a, b


class Points(Case):
    def test_it_dies_before_a_command_is_heard(self):
        p = self.pair("die:before-cont")
        a = p.start("a")
        a.qmp.send("cont")
        self.assertEqual(a.process.wait(10), -signal.SIGKILL)
        self.assertEqual(history.runs(self.history()), [])

    def test_it_dies_after_the_answer(self):
        a = self.pair("die:after-cont").start("a")
        self.assertEqual(a.qmp.ask("cont"), {})
        self.assertEqual(a.process.wait(10), -signal.SIGKILL)
        ((_, end),) = history.runs(self.history())
        self.assertIsNone(end)

    def test_it_ends_with_words(self):
        a = self.pair("exit:after-cont").start("a")
        a.qmp.ask("cont")
        self.assertEqual(a.process.wait(10), 1)
        self.assertIn("told to end at after-cont", a.log())

    def test_it_hangs_in_band_while_out_of_band_works(self):
        a = self.pair("hang:before-cont").start("a")
        hung = a.qmp.send("cont")
        late = a.qmp.send("query-status")
        a.qmp.settle(0.05)
        self.assertEqual(set(a.qmp.open), {hung, late})
        told = a.qmp.ask("yank", oob=True, instances=YANK)
        self.assertEqual(told["class"], "DeviceNotFound")
        self.assertEqual(set(a.qmp.open), {hung, late})

    def test_it_hangs_for_a_while(self):
        a = self.pair("hang:before-cont=30").start("a")
        self.assertEqual(a.qmp.ask("cont"), {})

    def test_it_says_nothing_at_all(self):
        a = self.pair("mute:before-cont").start("a")
        a.qmp.send("cont")
        a.qmp.send("yank", oob=True, instances=YANK)
        a.qmp.settle(0.1)
        self.assertEqual(len(a.qmp.open), 2)

    def test_it_stops_itself(self):
        a = self.pair("stop:after-cont").start("a")
        a.qmp.ask("cont")
        os.waitid(os.P_PID, a.process.pid, os.WSTOPPED)

    def test_a_state_of_a_migration_is_a_point(self):
        p = self.pair("die:pre-switchover@source")
        a, b = p.live(mirrored=False)
        p.join(a, b)
        p.migrate(a)
        self.assertEqual(a.process.wait(10), -signal.SIGKILL)
        b.ended()


class Choice(Case):
    def test_a_role_or_a_host_is_chosen(self):
        p = self.pair("refuse:cont@target refuse:stop@here", GW_FAKE_QEMU_HOST="here")
        a, b = p.start("a"), p.start("b", incoming=True)
        self.assertEqual(a.qmp.ask("cont"), {})
        self.assertIn("quirk", b.qmp.ask("cont")["desc"])
        self.assertIn("quirk", a.qmp.ask("stop")["desc"])

    def test_a_file_is_read_again_and_again(self):
        a = self.pair().start("a")
        self.assertEqual(a.qmp.ask("cont"), {})
        self.set_quirks("# not now: refuse:stop\nrefuse:query-name, refuse:cont\n")
        self.assertIn("quirk", a.qmp.ask("cont")["desc"])
        self.assertEqual(a.qmp.ask("stop"), {})
        self.set_quirks("")
        self.assertEqual(a.qmp.ask("cont"), {})

    def test_an_unknown_quirk_ends_it(self):
        for where in ("GW_FAKE_QEMU", "GW_FAKE_QEMU_CONTROL"):
            self.set_quirks("refuse:cont lost-akc\n")
            env = {**os.environ, "GW_FAKE_QEMU": "refuse:cont,lost-akc"}
            if where == "GW_FAKE_QEMU_CONTROL":
                env = {**os.environ, where: self.folder + "/control"}
            done = subprocess.run([FAKE, "-S"], env=env, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f'{where}: no quirk is called "lost-akc"', done.stderr)


class Migration(Case):
    def test_a_full_target_fails_the_mirror(self):
        p = self.pair("nospace@target")
        a = p.start("a", disks=[("d0", p.disk("here", b"x"))])
        b = p.start("b", disks=[("d0", p.disk("there"))], incoming=True)
        p.mirror(a, "d0", p.export(b, "d0"))
        told = a.qmp.until("BLOCK_JOB_COMPLETED")
        self.assertEqual(told["error"], "No space left on device")

    def test_a_mirror_never_gets_ready(self):
        p = self.pair("stuck-mirror")
        a = p.start("a", disks=[("d0", p.disk("here", b"x"))])
        b = p.start("b", disks=[("d0", p.disk("there"))], incoming=True)
        p.mirror(a, "d0", p.export(b, "d0"))
        a.qmp.settle(0.1)
        self.assertEqual(a.qmp.ask("query-jobs")[0]["status"], "running")
        p.end_mirror(a, force=True)
        a.qmp.until("BLOCK_JOB_CANCELLED")

    def test_the_guest_cannot_be_loaded(self):
        p = self.pair("load-fails")
        a, b = p.live(mirrored=False)
        p.join(a, b)
        p.reach(a, "pre-switchover")
        p.go_on(a)
        a.qmp.until("MIGRATION", status="failed")
        b.ended()
        self.assertEqual(self.status(a), "running")

    def test_completed_says_nothing_about_the_target(self):
        p = self.pair("load-fails no-return-path")
        a, b = p.live(mirrored=False)
        p.join(a, b)
        p.reach(a, "pre-switchover")
        p.go_on(a)
        a.qmp.until("MIGRATION", status="completed")
        b.ended()

    def test_a_silent_stream_freezes_the_target(self):
        p = self.pair("frozen-incoming")
        b = p.start("b", incoming=True)
        near, far = socket.socketpair()
        b.qmp.ask("getfd", fd=far.fileno(), fdname="stream")
        b.qmp.send("migrate-incoming", uri="fd:stream")
        frozen = b.qmp.send("query-status")
        b.qmp.settle(0.1)
        self.assertIn(frozen, b.qmp.open)
        near.sendall(b'{"fake-qemu-migration":1,"uuid":"' + UUID.encode() + b'"}\n')
        b.qmp.wait(frozen)
        near.close()
        far.close()

    def test_events_get_lost(self):
        p = self.pair("lose-event:RESUME lose-event:device")
        a, b = p.live(mirrored=False)
        p.join(a, b)
        p.reach(a, "pre-switchover")
        p.go_on(a)
        a.qmp.until("MIGRATION", status="completed")
        names = [(name, (data or {}).get("status")) for kind, name, data in a.qmp.heard
                 if kind == "event"]
        self.assertNotIn(("RESUME", None), names)
        self.assertNotIn(("MIGRATION", "device"), names)

    def test_a_cancelled_one_tells_of_device_first(self):
        p = self.pair("device-on-cancel")
        a, b = p.live(mirrored=False)
        p.join(a, b)
        p.reach(a, "pre-switchover")
        a.qmp.ask("migrate_cancel")
        a.qmp.until("MIGRATION", status="device")
        a.qmp.until("MIGRATION", status="cancelling")
        a.qmp.until("MIGRATION", status="cancelled")
        self.assertEqual(self.status(a), "running")

    def test_bandwidth_is_what_it_takes(self):
        p = self.pair(GW_FAKE_QEMU_MEMORY_BYTES=str(1 << 20))
        a, b = p.live(mirrored=False, bandwidth=4 << 20)
        p.join(a, b)
        p.reach(a, "pre-switchover")
        self.assertGreater(a.qmp.ask("query-migrate")["total-time"], 200)


class Powerdown(Case):
    def test_the_guest_hears_the_button(self):
        a = self.pair().start("a")
        a.qmp.ask("cont")
        a.qmp.ask("system_powerdown")
        told = a.qmp.until("SHUTDOWN")
        self.assertEqual(told, {"guest": True, "reason": "guest-shutdown"})
        self.assertEqual(a.process.wait(10), 0)

    def test_or_does_not(self):
        a = self.pair("ignore-powerdown").start("a")
        a.qmp.ask("cont")
        a.qmp.ask("system_powerdown")
        a.qmp.settle(0.1)
        self.assertEqual(self.status(a), "running")


class History(Case):
    def test_a_move_is_one_guest_in_two_runs(self):
        p = self.pair()
        a, b = self.moved(p)
        b.qmp.ask("cont")
        a.qmp.ask("quit")
        a.qmp.drain()
        b.qmp.settle(0.05)
        b.qmp.ask("quit")
        b.ended()
        lines = self.history()
        (first, first_end), (second, second_end) = history.runs(lines)
        self.assertEqual(first_end.fields["ticks"], second.fields["ticks"])
        self.assertEqual(first.fields["boot"], second.fields["boot"])
        self.assertGreater(second_end.fields["generation"], second.fields["generation"])
        self.assertEqual(first.guest, UUID)
        self.assertEqual(history.problems(lines), [])

    def test_a_second_boot_begins_where_the_disk_ends(self):
        p = self.pair()
        disk = p.disk("here")
        for name in "ab":
            qemu = p.start(name, disks=[("d0", disk)])
            qemu.qmp.ask("cont")
            qemu.qmp.settle(0.05)
            qemu.kill()  # what was acknowledged is on the disk
        (first, _), (second, _) = history.runs(self.history())
        self.assertNotEqual(first.fields["boot"], second.fields["boot"])
        self.assertGreater(second.fields["generation"], 0)
        self.assertEqual(history.problems(self.history()), [])

    def test_a_guest_that_runs_twice_is_found(self):
        p = self.pair()
        a, b = self.moved(p)
        b.qmp.ask("cont")
        a.qmp.settle()
        a.qmp.ask("cont")
        found = "\n".join(history.problems(self.history()))
        self.assertIn("ran twice", found)
        self.assertIn("forked at tick", found)

    def test_a_stopped_process_still_holds_its_guest(self):
        p = self.pair()
        a, b = self.moved(p)
        b.qmp.ask("cont")
        b.signal(signal.SIGSTOP)
        a.qmp.settle()
        a.qmp.ask("cont")
        self.assertIn("ran twice", "\n".join(history.problems(self.history())))

    def test_memory_older_than_the_disk_is_found(self):
        """b was loaded, a ran on with the same disk, then b runs."""
        p = self.pair()
        a, b = self.moved(p, mirrored=False)
        a.qmp.settle()
        a.qmp.ask("cont")
        a.qmp.settle(0.05)
        a.kill()
        b.qmp.ask("cont")
        self.assertIn("what=stale-memory", "\n".join(history.problems(self.history())))

    def test_a_lost_write_is_found(self):
        p = self.pair()
        a = p.start("a", disks=[("d0", p.disk("here"))])
        a.qmp.ask("cont")
        a.qmp.settle(0.05)
        a.kill()
        b = p.start("b", disks=[("d0", p.disk("there"))])  # not the disk it wrote to
        b.qmp.ask("cont")
        self.assertIn("what=lost-write", "\n".join(history.problems(self.history())))

    def test_a_mirror_that_was_not_ended_loses_writes(self):
        """Q6."""
        p = self.pair("dead-mirror")
        a, b = p.live(mirrored=True)
        a.qmp.settle(0.05)
        p.join(a, b)
        p.reach(a, "pre-switchover")
        p.go_on(a)
        b.qmp.until("MIGRATION", status="completed")
        b.qmp.ask("nbd-server-stop")
        b.qmp.ask("cont")
        self.assertIn("what=lost-write", "\n".join(history.problems(self.history())))

    def test_a_guest_without_its_lock_cannot_write(self):
        """Q2 and Q5: a is back, b has the disk."""
        p = self.pair()
        a, b = p.live(mirrored=False)
        wire = p.join(a, b, wire=True)
        p.reach(a, "pre-switchover")
        wire.swallows.add("back")
        p.go_on(a)
        b.qmp.until("MIGRATION", status="completed")
        b.qmp.ask("cont")
        wire.cut()
        a.qmp.until("MIGRATION", status="failed")
        a.qmp.settle(0.1)
        found = "\n".join(history.problems(self.history()))
        self.assertIn("ran twice", found)
        self.assertIn("what=write-failed", found)


if __name__ == "__main__":
    unittest.main()
