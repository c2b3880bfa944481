"""What users type wrong: each gets an error that names the object, and nothing changes."""

import copy
import json
import signal
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from harness import Guest, check, check_equal, flow, http
from lab import guests, layout
from lab.client import GodwitError

INVALID, NOT_FOUND, EXISTS, PRECONDITION = 2, 4, 5, 6


def _with(spec, path, value):
    """A copy of @spec with the field at @path (keys and indices) set, or removed for None."""
    changed = copy.deepcopy(spec)
    at = changed
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return changed


# (where in the spec, value, what the message must name)
SPEC_CASES = [
    *[(["name"], name, "name") for name in
      ("", "a/b", "..", ".", "a.b", "-a", "1a", "a b", "a\n", "a\u0007", "a" * 64, "ä", 7, None)],
    *[(["uuid"], uuid, "uuid") for uuid in ("x", "../../etc", "0" * 36, "A" * 36)],
    *[(["vcpus"], n, "vcpus") for n in (-1, 513, 4294967296, "many", 1.5)],
    *[(["memoryBytes"], n, "memory") for n in
      (0, -4096, 4095, 4097, "9223372036854775808", "18446744073709551616", 1e400, "1G", None)],
    *[(["machineType"], text, "machine") for text in ("pc,accel=kvm", "a b", "../x", "no-such-machine")],
    *[(["cpuModel"], text, "cpu") for text in ("qemu64 -incoming", "x\ty")],
    *[(["kernel"], name, "kernel") for name in ("/etc/passwd", "../vmlinuz", ".hidden", "a/b", "a\n")],
    *[(["initrd"], name, "initrd") for name in ("/etc/shadow", "../../x")],
    *[(["firmware"], name, "firmware") for name in ("/dev/mem", "..")],
    *[(["cmdline"], text, "cmdline") for text in ("x" * 2049, "a\nb")],
    *[(["disks", 0, "name"], name, "disks[0].name") for name in ("", "a/b", "..", "a,b", "a" * 33)],
    *[(["disks", 0, "pool"], pool, "pool") for pool in ("", "nowhere", "../data", "a/b")],
    *[(["disks", 0, "file"], name, "file") for name in
      ("/etc/passwd", "../x", "a/b", ".trash", "-x", "x\n", "a,b=c", "a" * 200)],
    *[(["disks", 0, "sizeBytes"], n, "size") for n in
      (0, -1, 511, 513, 1024, "9223372036854775808", "18446744073709551615", 2 ** 47 + 512, None)],
    *[(["disks", 0, "format"], value, "format") for value in ("DISK_FORMAT_VMDK", 99, "qcow2,x")],
    *[(["nics", 0, "bridge"], name, "bridge") for name in ("", "a/b", "nobridge", "br0;reboot")],
    *[(["nics", 0, "mac"], mac, "mac") for mac in ("01:00:5e:00:00:01", "xx", "52:54:00:00:00")],
    (["colour"], "red", "colour"),
    (["disks", 0, "cache"], "none", "cache"),
    (["disks"], {"name": "root"}, "disks"),
    (["labels"], [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}], "labels"),
]


def _create(lab, text, *options):
    """Exit status and message of a create that must fail."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", dir=lab.folder) as spec:
        spec.write(text)
        spec.flush()
        try:
            lab.godwit("guest", "create", "-f", spec.name, "--host", "h1", *options)
        except GodwitError as problem:
            return problem.code, problem.stderr
    check(False, f"a guest was made of {text[:200]}")


def _check_nothing_changed(lab):
    check_equal(lab.godwit("guest", "list").get("guests", []), [], "guests")
    for host in lab.hosts:
        for pool, _, path in layout.pools(lab.options, host):
            left = [p.name for p in Path(path).iterdir() if not p.name.startswith(".")]
            check_equal(left, [], f"files in pool {pool} of {host}")


@flow
def bad_specs(lab):
    """Each field of a spec, wrong in each way, is refused by name."""
    good = guests.spec("demo")
    for path, value, named in SPEC_CASES:
        text = json.dumps(_with(good, path, value))
        code, message = _create(lab, text)
        what = f"{'.'.join(map(str, path))}={str(value)[:40]!r}"
        check(code in (INVALID, NOT_FOUND, PRECONDITION), f"{what}: exit {code}: {message}")
        check(named.lower() in message.lower(), f"{what}: the message does not name it: {message}")
        check_equal(message.strip().count("\n"), 0, f"{what}: further lines in {message!r}")
    two_disks = copy.deepcopy(good)
    two_disks["disks"].append(dict(two_disks["disks"][0]))
    many_disks = {**good, "disks": [{**good["disks"][0], "name": f"d{i}"} for i in range(33)]}
    for text, named in (
        ("", "spec"), ("{", "spec"), ("[]", "spec"), ("null", "spec"), ('{"name": "a"} x', "spec"),
        ('{"name": "a", "name": "b"}', "name"), ('{"name": "\\u0000"}', "name"),
        ("[" * 10000, "spec"), (json.dumps(two_disks), "disks"), (json.dumps(many_disks), "disks"),
        (json.dumps({**good, "cmdline": "x" * (2 << 20)}), ""),
    ):
        code, message = _create(lab, text)
        check_equal(code in (INVALID, 7), True, f"exit {code} for {text[:40]!r}: {message}")
        check(named in message or "json" in message.lower(), f"{text[:40]!r}: {message}")
    _check_nothing_changed(lab)


# (method, path, body, headers, status)
HTTP_CASES = [
    ("GET", "/", None, {}, 404),
    ("GET", "/v1", None, {}, 404),
    ("GET", "/v1/hosts/nobody", None, {}, 404),
    ("GET", "/v1/guests/nobody", None, {}, 404),
    ("GET", "/v1/guests/..%2f..%2fetc", None, {}, (400, 404)),
    ("GET", "/v1/guests/%00", None, {}, (400, 404)),
    ("GET", "/v1/migrations/nothing", None, {}, 404),
    ("DELETE", "/v1/migrations/nothing", None, {}, 404),
    ("PUT", "/v1/hosts", b"{}", {}, 405),
    ("POST", "/v1/hosts", b"{}", {}, 405),
    ("POST", "/v1/migrations", b"", {}, 400),
    ("POST", "/v1/migrations", b"{", {}, 400),
    ("POST", "/v1/migrations", b"[]", {}, 400),
    ("POST", "/v1/migrations", b'"x"', {}, 400),
    ("POST", "/v1/migrations", b'{"guest": 5}', {}, 400),
    ("POST", "/v1/migrations", b'{"guest": "a", "guest": "b"}', {}, 400),
    ("POST", "/v1/migrations", b'{"guest": "\xff"}', {}, 400),
    ("POST", "/v1/migrations", b'{"gast": "demo"}', {}, 400),
    ("POST", "/v1/migrations", b'{"guest": "demo", "mode": "FAST"}', {}, 400),
    ("POST", "/v1/migrations", b'{"guest": "demo", "bandwidthBps": -1}', {}, 400),
    ("POST", "/v1/migrations", b'{"guest": "demo", "bandwidthBps": 1e400}', {}, 400),
    ("POST", "/v1/migrations", b"[" * 10000, {}, 400),
    ("POST", "/v1/migrations", b'{"guest": "nobody"}', {}, 404),
    ("POST", "/v1/migrations", b'{"guest": "nobody"}', {"Content-Type": "text/plain"}, 415),
    ("POST", "/v1/migrations", b'{"guest": "' + b"x" * (2 << 20) + b'"}', {}, 413),
    ("POST", "/v1/guests", b'{"spec": {"name": "a/b"}}', {}, 400),
]


def _send_raw(address, payload):
    """Send bytes to a stream socket; what came back before the other side closed or fell silent."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as link:
        link.settimeout(5)
        link.connect(address)
        try:
            link.sendall(payload)
            link.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := link.recv(65536):
                answer += piece
            return answer
        except OSError:  # closed on us, as it should be
            return b""


@flow
def bad_requests(lab):
    """Malformed and oversized HTTP and RPC: refused, and the services go on."""
    for method, path, body, headers, wanted in HTTP_CASES:
        status, answered, text = http(lab, method, path, body, headers)
        what = f"{method} {path} {(body or b'')[:60]!r}"
        check(status in (wanted if isinstance(wanted, tuple) else (wanted,)),
              f"{what}: HTTP {status}, wanted {wanted}: {text[:300]!r}")
        check_equal(answered.get("Content-Type", "").split(";")[0], "application/problem+json",
                    f"{what}: type of the answer")
        problem = json.loads(text)
        check(problem.get("title") and problem.get("detail"), f"{what}: {problem}")
        check_equal(problem.get("status"), status, f"{what}: status in the body")

    gateway = lab.description["gateway"].removeprefix("http://").rstrip("/")
    host, port = gateway.rsplit(":", 1)
    for payload in (b"\0" * 64, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                    b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 200000 + b"\r\n\r\n",
                    b"POST /v1/migrations HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
                    b"POST /v1/migrations HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{"):
        _send_raw((host, int(port)), payload)
        check_equal(http(lab, "GET", "/v1/hosts", None, {})[0], 200, f"hosts after {payload[:30]!r}")

    scheduler = lab.description["scheduler"].removeprefix("ipc://")
    for payload in (b"\0\0\0\0", b"\xff\xff\xff\xff", struct.pack(">I", 16) + b"x" * 16,
                    struct.pack(">I", 64 << 20) + b"\0" * 4096, b"GET / HTTP/1.1\r\n\r\n", b"\0\0",
                    struct.pack(">I", 100) + b"\x08\x02"):
        _send_raw(scheduler, payload)
        check_equal(len(lab.godwit("host", "list")["hosts"]), 3, f"hosts after {payload[:30]!r}")
    _check_nothing_changed(lab)


def _refused(lab, code, named, *argv):
    try:
        lab.godwit(*argv)
    except GodwitError as problem:
        check_equal(problem.code, code, f"{argv}: exit status ({problem.stderr.strip()})")
        check(named in problem.stderr, f"{argv}: {named!r} is not in: {problem.stderr}")
        return
    check(False, f"{argv} succeeded")


@flow
def bad_moves(lab):
    """A move that cannot be is refused beforehand, with the reason, and the guest runs on."""
    guest = Guest(lab, pool="local")
    guest.boot_on("h1")
    _refused(lab, NOT_FOUND, "nobody", "migrate", "nobody", "--to", "h2")
    _refused(lab, NOT_FOUND, "h9", "migrate", "demo", "--to", "h9")
    _refused(lab, PRECONDITION, "h1", "migrate", "demo", "--to", "h1")
    _refused(lab, PRECONDITION, "demo", "guest", "start", "demo")
    _refused(lab, PRECONDITION, "demo", "guest", "delete", "demo")
    _refused(lab, EXISTS, "demo", "guest", "create", "-f", _spec_file(lab, guest.spec))
    _refused(lab, NOT_FOUND, "nobody", "guest", "stop", "nobody")
    _refused(lab, NOT_FOUND, "nothing", "migration", "cancel", "nothing")
    _refused(lab, INVALID, "--fast", "migrate", "demo", "--fast")
    _refused(lab, INVALID, "", "migrate")
    _refused(lab, INVALID, "", "migrate", "demo", "--bandwidth", "-5")
    _refused(lab, INVALID, "--cold", "migrate", "demo", "--live", "--cold")

    unwilling = Guest(lab, "unwilling", 2, pool="local")
    unwilling.spec["migrationStateful"] = False
    unwilling.spec["memoryBytes"] = str(512 << 20)  # QEMU 7.2 would lose some of it
    unwilling.create("h1")
    unwilling.start()
    for reason in ("migration_stateful", "256 KiB"):  # all the reasons, not just the first
        _refused(lab, PRECONDITION, reason, "migrate", "unwilling", "--to", "h2", "--live")

    large = Guest(lab, "large", 3, pool="local")
    large.spec["memoryBytes"] = str(4096 * 4096 * 65537)
    code, message = _create(lab, json.dumps(large.spec))
    check(code in (PRECONDITION, 7) and "memory" in message, f"exit {code}: {message}")

    migration_id = guest.submit("h2", "--live", "--bandwidth", str(1 << 20))
    _refused(lab, PRECONDITION, "wait for it or cancel it", "migrate", "demo", "--to", "h3")
    _refused(lab, PRECONDITION, "demo", "guest", "stop", "demo")
    lab.godwit("migration", "cancel", migration_id)
    guest.check_healthy()
    guest.check_at("h1") if lab.godwit("migration", "show", migration_id)["phase"].endswith(
        "CANCELLED") else None


def _spec_file(lab, spec):
    path = lab.folder / "again.json"
    path.write_text(json.dumps(spec))
    return str(path)


def _daemon(lab, program, settings):
    path = lab.folder / f"{program}.bad.conf"
    path.write_text(settings)
    argv = [layout.program(lab.options, program), "--config", str(path)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)


@flow
def bad_daemons(lab):
    """A port in use, a folder that can't be written, a second daemon on one folder, a wrong key."""
    gateway = lab.description["gateway"].removeprefix("http://").rstrip("/")
    scheduler = lab.description["scheduler"]
    fresh, file = lab.folder / "fresh", lab.folder / "file"
    file.write_text("")
    ends = f"scheduler = {scheduler}\n"
    for program, settings, named in (
        ("godwit-gateway", f"data_dir = {fresh}\nlisten = {gateway}\n{ends}", gateway.split(":")[1]),
        ("godwit-gateway", f"data_dir = {file}/x\nlisten = 127.0.0.1:0\n{ends}", str(file)),
        ("godwit-gateway", f"data_dir = relative\n{ends}", "data_dir"),
        ("godwit-gateway", f"data_dir = {fresh}\ncolour = red\n{ends}", "colour"),
        ("godwit-gateway", f"data_dir = {fresh}\nlisten = nowhere\n{ends}", "listen"),
        ("godwit-scheduler", f"data_dir = {lab.folder / 'ctl' / 'scheduler'}\n"
                             f"listen = ipc://{lab.folder}/second.sock\n", "held by another process"),
        ("godwit-scheduler", f"data_dir = {fresh}\nlisten = {scheduler}\n",
         scheduler.removeprefix("ipc://")),
        ("godwit-scheduler", f"data_dir = {fresh}\nlisten = carrier-pigeon://x\n", "carrier-pigeon"),
    ):
        done = _daemon(lab, program, settings)
        check(done.returncode not in (0, -signal.SIGSEGV), f"{program} ran with {settings!r}")
        check(named in done.stderr, f"{program}: {named!r} is not in {done.stderr!r}")
    check_equal(len(lab.godwit("host", "list")["hosts"]), 3, "hosts afterwards")
