"""The lab itself: whatever ends it, nothing stays."""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from harness import BUILD, SOURCE_TREE, check, flow, lab_options
from lab import client

NO_DAEMONS = lab_options(with_daemons=False, n_hosts=1)
HOLDER = """
import sys, time
sys.path.insert(0, {tree!r})
from lab import client
lab = client.tied_lab({build!r}, with_daemons=False, n_hosts=1)
lab.start("h1", "sleeper", ["sleep", "1000"])
print(lab.folder, lab.pid("h1"), lab.guardian.pid, flush=True)
time.sleep(1000)
"""


def _hold():
    """A program that holds a lab; gives it, the lab's folder, h1's first pid, the guardian's pid."""
    code = HOLDER.format(tree=str(SOURCE_TREE), build=BUILD)
    holder = subprocess.Popen([sys.executable, "-B", "-c", code], stdout=subprocess.PIPE, text=True)
    folder, host_pid, guardian_pid = holder.stdout.readline().split()
    return holder, Path(folder), int(host_pid), int(guardian_pid)


def _is_gone(pid_fd, seconds=20):
    return bool(select.select([pid_fd], [], [], seconds)[0])


def _processes_about(folder):
    """Command lines that name the lab's folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def _end_with(victim):
    holder, folder, host_pid, guardian_pid = _hold()
    watched = [os.pidfd_open(host_pid), os.pidfd_open(guardian_pid)]
    victim(holder, guardian_pid)
    for pid_fd in watched:
        check(_is_gone(pid_fd), "a process of the lab outlived it")
        os.close(pid_fd)
    holder.kill()
    holder.wait()
    holder.stdout.close()
    return folder


@flow
@NO_DAEMONS
def lab_of_a_killed_program_vanishes(_lab):
    folder = _end_with(lambda holder, guardian: holder.kill())
    check(not folder.exists(), f"{folder} was left")
    check(not _processes_about(folder), "processes were left")


@flow
@NO_DAEMONS
def lab_of_a_killed_guardian_has_no_process(_lab):
    folder = _end_with(lambda holder, guardian: os.kill(guardian, signal.SIGKILL))
    until = time.monotonic() + 20
    while _processes_about(folder) and time.monotonic() < until:
        time.sleep(0.05)  # PDEATHSIG travels down three generations that we have no handle on
    check(not _processes_about(folder), "processes were left")
    check(client.take_down(str(folder)), "the folder was not there to sweep")
    check(not folder.exists(), f"{folder} was left")


@flow
@NO_DAEMONS
def powered_off_host_is_gone_and_comes_back(lab):
    lab.start("h1", "sleeper", ["sleep", "1000"])
    pid_fd = os.pidfd_open(lab.pid("h1"))
    lab.power_off("h1")
    check(_is_gone(pid_fd, 0), "the host's first process is still there")
    os.close(pid_fd)
    lab.power_on("h1")
    links = lab.run("h1", ["ls", "/sys/class/net"]).stdout.split()
    check({"mgmt", "mig", "guest", "br0"} <= set(links), f"links of h1: {links}")
