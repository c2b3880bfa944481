"""Owns a lab's folder and its keeper, from outside: whatever happens, both go together.

Started by `lab up` (then it lives until `lab down` or a signal) or tied to a program (then it lives
until its standard input ends, which the kernel sees to even when that program is killed). Says on
standard output, in one JSON line, how to reach the lab or why there is none. Should the guardian
itself be killed, the kernel kills the keeper (PDEATHSIG) and so every process of the lab; the folder
is then swept by the next `lab up` or `lab down`."""

import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

LAST_WORDS = "keeper.err"  # in the lab's folder: why the keeper could not even begin
LAST_WORDS_S = 5  # the keeper ends at once when told; past this it is killed


def make_folder(folder):
    """Make the lab's folder and lock it; the lock is held until this process ends."""
    os.mkdir(folder, 0o700)
    lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


def start_keeper(options):
    source_tree = str(Path(__file__).resolve().parent.parent)
    argv = ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child"]
    argv += ["--mount-proc", "--propagation", "private"]
    argv += [sys.executable, "-B", "-m", "lab.keeper", json.dumps(options)]
    environment = {**os.environ, "PYTHONPATH": source_tree, "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"  # ip, tc
    with open(Path(options["folder"], LAST_WORDS), "wb") as log:  # not ours: that may be a pipe
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                env=environment, cwd="/")


def end_keeper(keeper):
    keeper.stdin.close()
    try:
        keeper.wait(LAST_WORDS_S)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()


def watch(keeper, is_tied, wakeup):
    """Until the keeper ends, we are signalled, or the program we are tied to is gone."""
    watched = [keeper.stdout, wakeup] + ([0] if is_tied else [])
    told = b""
    while True:
        ready, _, _ = select.select(watched, [], [])
        if wakeup in ready or (0 in ready and not os.read(0, 1)):
            return
        if keeper.stdout in ready:
            piece = os.read(keeper.stdout.fileno(), 65536)
            if not piece:
                return
            told += piece
            if told.endswith(b"\n"):
                yield json.loads(told)
                told = b""


def tell(answer, folder):
    if "error" not in answer:
        Path(folder, "lab.json").write_text(json.dumps(answer), encoding="utf-8")
    try:
        os.write(1, json.dumps(answer).encode() + b"\n")
        devnull = os.open("/dev/null", os.O_WRONLY)
        os.dup2(devnull, 1)  # whoever reads us sees the end of what we say
        os.dup2(devnull, 2)
        os.close(devnull)
    except OSError:
        pass  # nobody listens any more; a tied guardian learns that from its input


def main():
    options, is_tied = json.loads(sys.argv[1]), sys.argv[2] == "tied"
    folder = options["folder"]
    wakeup, waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    try:
        lock = make_folder(folder)
    except OSError as problem:
        tell({"error": f"{folder}: {problem.strerror}"}, "/")
        return 1
    keeper = start_keeper(options)
    answer = None
    try:
        for answer in watch(keeper, is_tied, wakeup):
            tell(answer, folder)
        if answer is None:
            said = Path(folder, LAST_WORDS).read_text(errors="replace").strip()
            tell({"error": f"the lab could not be started: {said or 'it was told to end'}"}, folder)
    finally:
        end_keeper(keeper)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
    return 0 if answer and "error" not in answer else 1


if __name__ == "__main__":
    sys.exit(main())
