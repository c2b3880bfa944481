"""What a person sees of a move: a bar on a terminal of 80 columns, plain lines elsewhere."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

from harness import Guest, check, check_equal, flow

COLUMNS = 80
SLOW = ["--live", "--wait", "--bandwidth", "60Mi"]  # bytes per second: several seconds


def _on_terminal(lab, *argv):
    """What the command writes to a terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, COLUMNS, 0, 0))
    command = lab.godwit_popen(*argv, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    seen = b""
    try:
        while piece := os.read(master, 65536):
            seen += piece
    except OSError:  # the terminal's end
        pass
    os.close(master)
    check_equal(command.wait(), 0, f"exit status of {argv}")
    return seen.decode()


@flow
def a_person_sees_the_progress(lab):
    guest = Guest(lab, stripes=1024)  # each block in a cluster of its own: a disk worth copying
    guest.boot_on("h1")
    guest.observer.wait(guest.ip, "writes", 800, 60)
    seen = _on_terminal(lab, "migrate", guest.name, "--to", "h2", *SLOW)
    shown = re.split(r"\r\x1b\[K|\r?\n", seen)
    too_long = [line for line in shown if len(line) > COLUMNS]
    check_equal(too_long, [], "lines wider than the terminal")
    for step in ("disks", "memory"):
        bars = [line for line in shown if re.search(rf"copying {step} \[#*\.*\] +\d+%", line)]
        check(len(bars) >= 2, f"no bar that moves while {step} are copied: {shown}")
    check(any("succeeded" in line and " ms" in line for line in shown[-3:]), f"no outcome: {seen!r}")
    for line in _on_terminal(lab, "migration", "list").splitlines():
        check(len(line) <= COLUMNS, f"wider than the terminal: {line!r}")

    command = lab.godwit_popen("migrate", guest.name, "--to", "h1", *SLOW, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    out, told = command.communicate(timeout=120)
    check_equal(command.returncode, 0, f"exit status ({told})")
    check("\x1b" not in out + told, f"control characters where there is no terminal: {told!r}")
    check(re.search(r"^demo h2 -> h1: copying memory +\d+%  .* of .*, .*/s$", told, re.M),
          f"no progress in {told!r}")
    guest.check_at("h1")
    guest.check_healthy()
