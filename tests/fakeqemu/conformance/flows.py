"""What is asked of both QEMUs. A flow drives a Pair; what the two programs said and did in it must be
the same. @flow(quirks=...) says what the fake has to be told to play what the real one does by
itself; a flow that tampers with the real one's connections instead asks p.is_fake. loose=... names
commands whose answer may come before or after events of the same moment."""

import json
import signal
import socket
import subprocess

from pair import CAPABILITIES, DISK_BYTES, NO_LIMIT, listen

FLOWS = {}
SLOW = 1000  # bytes per second: pre-copy never ends
YANK = [{"type": "migration"}]


def flow(function=None, quirks="", loose=()):
    def mark(f):
        f.quirks, f.loose = quirks, loose
        FLOWS[f.__name__] = f
        return f

    return mark(function) if function else mark


# The monitor


@flow
def handshake(p):
    qmp = p.start("a").connect(0, handshake=False)
    qmp.note("greeting", qmp.greeting)
    qmp.ask("query-status")
    qmp.ask("qmp_capabilities", enable=["nope"])
    qmp.ask("qmp_capabilities")
    qmp.ask("qmp_capabilities")
    qmp.ask("yank", oob=True, instances=[])
    for text in (b'{"execute": 5}', b"[1]", b'{"execute": "query-status", "more": 1}',
                 b'{"execute": "query-status", "arguments": 1}', b'{"id": 1}'):
        qmp.send_text(text + b"\n")
        qmp.take()
    qmp.ask("query-status")


@flow
def clients(p):
    """Both monitors hear all events; one who comes again is greeted, and its descriptors wait."""
    a = p.start("a")
    first = a.connect(0)
    left, right = socket.socketpair()
    first.ask("getfd", fd=left.fileno(), fdname="kept")
    first.close()
    a.qmp.ask("cont")
    again = a.connect(0)
    again.ask("closefd", fdname="kept")
    a.qmp.ask("closefd", fdname="kept")
    a.qmp.ask("stop")
    again.settle()
    for number in [again.send("query-status") for _ in range(12)]:
        again.wait(number)
    left.close()
    right.close()


@flow
def refused(p):
    a = p.start("a", disks=[("d0", p.disk("here"))])
    ask = a.qmp.ask
    ask("nonsense")
    ask("query-status", x=1)
    ask("query-status", oob=True)
    ask("block-job-cancel")
    ask("block-job-cancel", device=5)
    ask("block-job-cancel", device="nope", force="x")
    ask("block-job-cancel", device="nope")
    for command in ("job-dismiss", "job-cancel", "block-export-del"):
        ask(command, id="nope")
    for state in ("pre-switchover", "active", "zzz"):
        ask("migrate-continue", state=state)
    ask("migrate_cancel")
    ask("query-migrate")
    ask("migrate", uri="zzz:1")
    ask("migrate", uri="fd:nope")
    ask("query-migrate")
    ask("migrate-incoming", uri="fd:x")
    ask("migrate-set-capabilities", capabilities=[{"capability": "zzz", "state": True}])
    ask("migrate-set-parameters", downtime__limit=99999999)
    ask("migrate-recover", oob=True, uri="tcp:127.0.0.1:0")
    ask("migrate-start-postcopy")
    ask("migrate-pause", oob=True)
    ask("getfd", fdname="x")
    ask("closefd", fdname="x")
    ask("yank", oob=True, instances=YANK)
    ask("yank", oob=True, instances=[{"type": "block-node", "node-name": "disk-d0"}])


@flow
def refused_blocks(p):
    a = p.start("a", disks=[("d0", p.disk("here"))])
    ask = a.qmp.ask
    nowhere = {"type": "inet", "host": "127.0.0.1", "port": "1"}
    ask("blockdev-add", driver="raw", node__name="disk-d0", file="file-d0")
    for name in ("nope", "disk-d0", "file-d0"):
        ask("blockdev-del", node__name=name)
    ask("blockdev-add", driver="nbd", node__name="n0", export="x", server=nowhere)
    ask("blockdev-mirror", job__id="j", device="disk-d0", target="nope", sync="full")
    ask("blockdev-mirror", job__id="j", device="nope", target="disk-d0", sync="full")
    ask("nbd-server-stop")
    ask("block-export-add", type="nbd", id="e", node__name="disk-d0")
    ask("nbd-server-start", addr={"type": "fd", "data": {"str": "nope"}})
    p.give_listener(a, "nbd")
    for _ in range(2):
        ask("nbd-server-start", addr={"type": "fd", "data": {"str": "nbd"}})
    ask("block-export-add", type="nbd", id="e", node__name="nope")
    ask("block-export-add", type="nbd", id="e", node__name="disk-d0", name="d0", writable=True)
    ask("block-export-add", type="nbd", id="e", node__name="disk-d0", name="d1")
    ask("block-export-add", type="nbd", id="e", node__name="disk-d0", name="d2")
    ask("block-export-add", type="nbd", id="f", node__name="disk-d0", name="d0")
    ask("query-block-exports")
    ask("block-export-del", id="f")
    ask("nbd-server-stop")


@flow
def queries(p):
    a = p.start("a", disks=[("d0", p.disk("here"))])
    for command in ("query-status", "query-version", "query-name", "query-uuid", "query-jobs",
                    "query-block-jobs", "query-block-exports", "query-yank",
                    "query-migrate-capabilities", "query-migrate-parameters", "query-migrate"):
        a.qmp.ask(command)
    a.qmp.ask("query-named-block-nodes", flat=True)
    b = p.start("b", incoming=True)
    b.qmp.ask("query-status")
    b.qmp.ask("query-migrate")


@flow(quirks="ignore-powerdown")
def ends(p):
    """The guest without a system does not hear the button; QEMU hears everything else."""
    a = p.start("a")
    for command in ("cont", "system_powerdown", "stop", "stop", "system_powerdown", "cont", "cont"):
        a.qmp.ask(command)
    a.signal(signal.SIGTERM)
    a.ended()
    b = p.start("b")
    b.qmp.ask("quit")
    b.ended()


@flow
def runs_without_S(p):
    a = p.start("a", stopped=False)
    a.qmp.ask("query-status")


# Moves


@flow
def live_mirrored(p):
    a, b = p.live(mirrored=True)
    other = a.connect(0)
    a.qmp.ask("query-jobs")
    p.join(a, b)
    p.reach(a, "pre-switchover")
    a.qmp.ask("query-status")
    a.qmp.ask("cont")
    a.qmp.ask("query-migrate")
    p.end_mirror(a)
    a.qmp.until("JOB_STATUS_CHANGE", status="concluded")
    a.qmp.ask("query-jobs")
    p.go_on(a)
    a.qmp.until("MIGRATION", status="completed")
    b.qmp.until("MIGRATION", status="completed")
    a.qmp.settle()
    for qemu in (a, b):
        qemu.qmp.ask("query-status")
        qemu.qmp.ask("query-migrate")
    b.qmp.ask("nbd-server-stop")
    b.qmp.ask("cont")
    b.qmp.ask("query-status")
    b.qmp.ask("announce-self", initial=50, max=550, rounds=5, step=100)
    a.qmp.ask("job-dismiss", id="job0")
    a.qmp.ask("blockdev-del", node__name="nbd0")
    a.qmp.ask("quit")
    a.ended()
    other.drain()
    with open(p.disk_path("here"), "rb") as here, open(p.disk_path("there"), "rb") as there:
        b.qmp.note("disk arrived", here.read() == there.read())


@flow
def live_shared(p):
    """Q1 and Q5: who is first has the disk."""
    a, b = p.live(mirrored=False)
    p.join(a, b)
    p.reach(a, "pre-switchover")
    p.go_on(a)
    a.qmp.until("MIGRATION", status="completed")
    b.qmp.until("MIGRATION", status="completed")
    b.qmp.ask("cont")
    a.qmp.settle()
    a.qmp.ask("cont")
    a.qmp.ask("query-status")
    b.qmp.ask("quit")
    b.ended()
    a.qmp.ask("cont")
    a.qmp.ask("query-status")


@flow
def moved_twice(p):
    """Without a pause before the switchover; the second one is not started with -S."""
    disk = p.disk("here")
    a, b, c = (p.start(name, disks=[("d0", disk)], incoming=name != "a", stopped=name != "c")
               for name in "abc")
    a.qmp.ask("cont")
    for qemu in (a, b, c):
        p.capable(qemu, "events")
    for source, target in ((a, b), (b, c)):
        p.join(source, target)
        p.reach(source, "completed")
        target.qmp.until("MIGRATION", status="completed")
        target.qmp.ask("query-status")
        if target is b:
            b.qmp.ask("cont")
    b.qmp.ask("query-migrate")
    a.qmp.ask("cont")


@flow
def mirror_not_ended(p):
    """Q6: QEMU does not mind a mirror that is still at work."""
    a, b = p.live(mirrored=True)
    p.join(a, b)
    p.reach(a, "pre-switchover")
    p.go_on(a)
    a.qmp.until("MIGRATION", status="completed")
    a.qmp.settle()
    a.qmp.ask("query-jobs")
    a.qmp.ask("query-status")
    p.end_mirror(a)
    a.qmp.until("JOB_STATUS_CHANGE", status="concluded")
    a.qmp.ask("query-jobs")


@flow
def no_return_path(p):
    """Q3: `completed` though nothing arrived."""
    a, b = p.live(mirrored=False)
    for qemu in (a, b):
        qemu.qmp.ask("migrate-set-capabilities",
                     capabilities=[{"capability": "return-path", "state": False}])
    wire = p.join(a, b, wire=True)
    p.reach(a, "pre-switchover")
    wire.swallows.add("forth")
    p.go_on(a)
    a.qmp.until("MIGRATION", status="completed")
    wire.cut()
    b.ended()
    a.qmp.settle()
    a.qmp.ask("query-status")


@flow
def refused_while_moving(p):
    a, b = p.live(mirrored=True, bandwidth=SLOW)
    b.qmp.ask("migrate", uri="fd:x")
    b.qmp.ask("stop")
    b.qmp.ask("system_powerdown")
    a.qmp.ask("blockdev-mirror", job__id="job1", device="disk-d0", target="nbd0", sync="full")
    a.qmp.ask("blockdev-del", node__name="nbd0")
    a.qmp.ask("job-dismiss", id="job0")
    p.join(a, b)
    b.qmp.ask("migrate-incoming", uri="tcp:127.0.0.1:0")
    p.reach(a, "active")
    b.qmp.until("MIGRATION", status="active")
    for qemu in (a, b):
        qemu.qmp.ask("query-migrate")
        qemu.qmp.ask("query-yank")
    p.migrate(a)
    p.capable(a)
    a.qmp.ask("migrate-continue", state="pre-switchover")
    a.qmp.ask("migrate-start-postcopy")
    a.qmp.ask("stop")
    a.qmp.ask("cont")
    p.limits(a)
    a.qmp.until("MIGRATION", status="pre-switchover")
    a.qmp.ask("stop")
    a.qmp.ask("query-status")
    a.qmp.ask("migrate-continue", state="device")
    p.end_mirror(a)
    a.qmp.until("JOB_STATUS_CHANGE", status="concluded")
    p.end_mirror(a)
    a.qmp.ask("job-cancel", id="job0")
    p.go_on(a)
    a.qmp.until("MIGRATION", status="completed")
    a.qmp.settle()
    a.qmp.ask("migrate_cancel")
    p.migrate(a)
    p.go_on(a)
    a.qmp.ask("yank", oob=True, instances=YANK)
    a.qmp.ask("system_powerdown")
    a.qmp.ask("query-status")
    b.qmp.until("MIGRATION", status="completed")
    b.qmp.ask("migrate-incoming", uri="tcp:127.0.0.1:0")
    b.qmp.ask("query-yank")
    b.qmp.ask("blockdev-del", node__name="disk-d0")
    b.qmp.ask("block-export-del", id="d0")
    b.qmp.ask("nbd-server-stop")
    b.qmp.ask("stop")
    b.qmp.ask("query-status")


@flow
def wrong_guest(p):
    a = p.start("a")
    b = p.start("b", incoming=True, uuid="00000000-0d3c-4c1e-9a53-6a1d8c1b2d01")
    p.capable(a)
    p.capable(b)
    p.limits(a, SLOW)
    a.qmp.ask("cont")
    p.join(a, b)
    p.migrate(a)
    b.ended()
    a.qmp.until("MIGRATION", status="failed")
    a.qmp.ask("query-status")


# Given up


def cancel(p, status):
    """Q7."""
    a, b = p.live(mirrored=True, bandwidth=SLOW if status == "active" else NO_LIMIT)
    p.join(a, b)
    p.reach(a, status)
    a.qmp.ask("migrate_cancel")
    a.qmp.until("MIGRATION", status="cancelled")
    b.ended()
    a.qmp.settle()
    a.qmp.ask("query-migrate")
    a.qmp.ask("query-status")
    p.end_mirror(a, force=True)
    a.qmp.until("JOB_STATUS_CHANGE", status="concluded")
    a.qmp.ask("query-jobs")
    a.qmp.ask("blockdev-del", node__name="nbd0")
    a.qmp.ask("job-dismiss", id="job0")
    a.qmp.ask("query-named-block-nodes", flat=True)


@flow
def cancel_active(p):
    cancel(p, "active")


@flow
def cancel_pre_switchover(p):
    cancel(p, "pre-switchover")


@flow
def moved_after_cancel(p):
    a, b = p.live(mirrored=False)
    p.join(a, b)
    p.reach(a, "pre-switchover")
    a.qmp.ask("migrate_cancel")
    a.qmp.until("MIGRATION", status="cancelled")
    b.ended()
    c = p.start("c", disks=[("d0", p.disk_path("here"))], incoming=True)
    p.capable(c)
    p.join(a, c)
    p.reach(a, "pre-switchover")
    p.go_on(a)
    a.qmp.until("MIGRATION", status="completed")
    c.qmp.until("MIGRATION", status="completed")
    c.qmp.ask("cont")
    c.qmp.ask("query-status")


# Broken


def lose_ack(p, tamper):
    """Q2: the guest is whole at b, and a goes on by itself."""
    a, b = p.live(mirrored=False)
    wire = p.join(a, b, wire=True)
    p.reach(a, "pre-switchover")
    if tamper:
        wire.swallows.add("back")
    p.go_on(a)
    b.qmp.until("MIGRATION", status="completed")
    if tamper:
        b.qmp.settle()
        wire.cut()
    a.qmp.until("MIGRATION", status="failed")
    a.qmp.settle()
    a.qmp.ask("query-status")
    a.qmp.ask("cont")
    a.qmp.ask("query-migrate")
    b.qmp.ask("query-status")
    b.qmp.ask("cont")


@flow
def lost_ack(p):
    lose_ack(p, tamper=True)


@flow(quirks="lost-ack")
def lost_ack_by_quirk(p):
    lose_ack(p, tamper=not p.is_fake)


@flow
def early_cont(p):
    """Q4: a promise that -S is forgotten."""
    a, b = p.live(mirrored=True)
    b.qmp.ask("cont")
    b.qmp.ask("query-status")
    p.join(a, b)
    p.reach(a, "pre-switchover")
    p.end_mirror(a)
    a.qmp.until("JOB_STATUS_CHANGE", status="concluded")
    p.go_on(a)
    a.qmp.until("MIGRATION", status="completed")
    b.qmp.until("MIGRATION", status="completed")
    b.qmp.ask("query-status")


@flow
def early_cont_shared(p):
    _, b = p.live(mirrored=False)
    b.qmp.ask("cont")
    b.qmp.ask("query-status")


def kill_mirror(p, by_hand):
    """Q6: ready, though nobody is there any more."""
    a, b = p.live(mirrored=True)
    if by_hand:
        b.kill()
    a.qmp.settle()
    a.qmp.ask("query-jobs")
    p.end_mirror(a)
    a.qmp.until("JOB_STATUS_CHANGE", status="concluded")
    a.qmp.ask("query-jobs")
    a.qmp.ask("job-dismiss", id="job0")
    a.qmp.ask("blockdev-del", node__name="nbd0")


@flow
def dead_mirror(p):
    kill_mirror(p, by_hand=True)


@flow(quirks="dead-mirror")
def dead_mirror_by_quirk(p):
    kill_mirror(p, by_hand=not p.is_fake)


@flow
def target_dies_active(p):
    a, b = p.live(mirrored=False, bandwidth=SLOW)
    p.join(a, b)
    p.reach(a, "active")
    b.kill()
    a.qmp.until("MIGRATION", status="failed")
    a.qmp.ask("query-status")
    a.qmp.ask("query-migrate")


@flow
def target_dies_pre_switchover(p):
    a, b = p.live(mirrored=False)
    p.join(a, b)
    p.reach(a, "pre-switchover")
    b.kill()
    a.qmp.settle()
    a.qmp.ask("query-status")
    p.go_on(a)
    a.qmp.until("MIGRATION", status="failed")
    a.qmp.settle()
    a.qmp.ask("query-status")
    a.qmp.ask("query-migrate")


@flow
def source_dies(p):
    a, b = p.live(mirrored=False)
    p.join(a, b)
    p.reach(a, "pre-switchover")
    a.kill()
    b.ended()


@flow
def stopped_target(p):
    """The whole stream fits into the sockets: b is whole once it goes on, and a is back."""
    a, b = p.live(mirrored=False)
    p.join(a, b)
    p.reach(a, "pre-switchover")
    b.signal(signal.SIGSTOP)
    p.go_on(a)
    a.qmp.settle()
    a.qmp.ask("query-status")
    a.qmp.ask("query-migrate")
    a.qmp.ask("yank", oob=True, instances=YANK)
    a.qmp.until("MIGRATION", status="failed")
    a.qmp.settle()
    a.qmp.ask("query-status")
    b.signal(signal.SIGCONT)
    b.qmp.until("MIGRATION", status="completed")
    b.qmp.ask("query-status")


@flow(quirks="hang:device@source", loose={"query-name"})
def hung_device(p):
    """Q8: nobody reads, the sockets are full: in-band commands hang, and yank frees them."""
    a, b = p.live(mirrored=False)
    p.join(a, b, buffers=4096)
    p.reach(a, "pre-switchover")
    b.signal(signal.SIGSTOP)
    p.go_on(a)
    a.qmp.until("MIGRATION", status="device")
    a.qmp.until("MIGRATION_PASS")
    question = a.qmp.send("query-name")
    a.qmp.settle(0.5)
    a.qmp.note("hangs", question in a.qmp.open)
    a.qmp.ask("yank", oob=True, instances=YANK)
    a.qmp.until("MIGRATION", status="failed")
    a.qmp.wait(question)
    a.qmp.settle()
    a.qmp.ask("query-status")
    b.signal(signal.SIGCONT)
    b.ended()


@flow
def garbage(p):
    """Q10."""
    b = p.start("b", incoming=True)
    p.capable(b)
    listener, port = listen()
    stranger = socket.create_connection(("127.0.0.1", port))
    stream, _ = listener.accept()
    b.qmp.ask("getfd", fd=stream.fileno(), fdname="stream")
    b.qmp.ask("migrate-incoming", uri="fd:stream")
    b.qmp.ask("query-migrate")
    b.qmp.ask("query-status")
    stream.close()
    listener.close()
    stranger.sendall(b"GET / HTTP/1.0\r\n\r\n")
    b.ended()
    stranger.close()


# Post-copy


def start_postcopy(p, bandwidth):
    """Until the guest runs at b while its memory is at a."""
    a, b = p.live(mirrored=False, bandwidth=100000)
    for qemu in (a, b):
        p.capable(qemu, *CAPABILITIES, "postcopy-ram")
    a.qmp.ask("migrate-set-parameters", max__postcopy__bandwidth=bandwidth)
    wire = p.join(a, b, wire=True)
    p.reach(a, "active")
    a.qmp.ask("migrate-start-postcopy")
    a.qmp.until("MIGRATION", status="pre-switchover")
    p.go_on(a)
    a.qmp.until("MIGRATION", status="postcopy-active")
    b.qmp.until("MIGRATION", status="postcopy-active")
    return a, b, wire


def run_on_postcopy(b):
    b.qmp.send("cont")  # answered at once, or when it has what it needs of the memory
    b.qmp.until("RESUME")


@flow
def postcopy(p):
    a, b, _ = start_postcopy(p, 0)
    a.qmp.until("MIGRATION", status="completed")
    b.qmp.until("MIGRATION", status="completed")
    a.qmp.settle()
    a.qmp.ask("query-status")
    b.qmp.ask("query-status")
    b.qmp.ask("cont")


@flow(loose={"cont", "migrate"})
def postcopy_broken(p):
    """Q9, first half of the repair: the memory itself takes its time."""
    a, b, wire = start_postcopy(p, 4096)
    run_on_postcopy(b)
    near, far = socket.socketpair()
    a.qmp.ask("getfd", fd=near.fileno(), fdname="again")
    b.qmp.ask("getfd", fd=far.fileno(), fdname="again")
    near.close()
    far.close()
    wire.cut()
    a.qmp.until("MIGRATION", status="postcopy-paused")
    b.qmp.until("MIGRATION", status="postcopy-paused")
    a.qmp.ask("query-status")
    a.qmp.ask("query-migrate")
    b.qmp.ask("migrate-recover", oob=True, uri="fd:again")
    a.qmp.ask("migrate", uri="fd:again", resume=True)
    a.qmp.until("MIGRATION", status="postcopy-active")
    b.qmp.until("MIGRATION", status="postcopy-active")


@flow(loose={"cont"})
def postcopy_cancelled(p):
    """Q7, the second half: accepted, and the guest is lost to both."""
    a, b, _ = start_postcopy(p, 4096)
    run_on_postcopy(b)
    a.qmp.ask("migrate_cancel")
    a.qmp.until("MIGRATION", status="cancelled")
    b.qmp.until("MIGRATION", status="postcopy-paused")
    a.qmp.settle()
    a.qmp.ask("query-status")


# Disks


def export(p, fmt):
    """A server without a guest; what real tools wrote through it, they find in the file."""
    path = p.disk("here")
    subprocess.run(["qemu-img", "create", "-q", "-f", fmt, path, str(DISK_BYTES)], check=True)
    a = p.start("a", disks=[("d0", path, fmt)], export=True)
    a.qmp.ask("query-status")
    uri = f"nbd://127.0.0.1:{p.export(a, 'd0')}/d0"
    info = json.loads(subprocess.run(["nbdinfo", "--json", uri], check=True, capture_output=True,
                                     text=True).stdout)["exports"][0]
    told = ("export-size", "is_read_only", "can_flush", "can_fua", "can_multi_conn", "can_zero")
    a.qmp.note("export", {key: info[key] for key in told})
    changes = ["write -P 5 4k 8k", "write -P 6 600k 300k", "write -z 700k 64k", "flush"]
    subprocess.run(["qemu-io", "-f", "raw", uri, *[x for c in changes for x in ("-c", c)]],
                   check=True, capture_output=True)
    a.qmp.ask("quit")
    a.ended()
    checks = ["read -P 0 0 4k", "read -P 5 4k 8k", "read -P 0 12k 588k", "read -P 6 600k 100k",
              "read -P 0 700k 64k", "read -P 6 764k 136k", "read -P 0 900k 124k"]
    found = subprocess.run(["qemu-io", "-r", "-f", fmt, path,
                            *[x for c in checks for x in ("-c", c)]],
                           check=False, capture_output=True, text=True)
    a.qmp.note("disk is right", "failed" not in found.stdout and found.returncode == 0)
    if fmt == "qcow2":
        sound = subprocess.run(["qemu-img", "check", "-q", path], check=False)
        a.qmp.note("qcow2 is sound", sound.returncode)


@flow
def export_raw(p):
    export(p, "raw")


@flow
def export_qcow2(p):
    export(p, "qcow2")
