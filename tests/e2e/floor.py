"""The lab without Godwit: the witness survives a move made by raw QMP commands. When this fails, the
fault is not ours, and no other flow says anything."""

import subprocess

from harness import check, check_equal, flow, lab_options
from lab import layout, raw


@flow
@lab_options(with_daemons=False, n_hosts=2)
def raw_move(lab):
    ip, observer = layout.guest_address(1), lab.observer()
    disks = {host: lab.folder / host / "raw.qcow2" for host in lab.hosts}
    for disk in disks.values():
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", disk, "512M"], check=True)
    source = raw.RawGuest(lab, "h1", 1, disks["h1"])
    source.qmp.command("cont")
    observer.wait(ip, "scanned", 1, 60)
    observer.connect(ip)
    observer.wait(ip, "writes", 100, 60)
    target = raw.RawGuest(lab, "h2", 1, disks["h2"], incoming=True)
    observer.mark(ip)
    told = raw.move(source, target, with_disk=True)
    stats = observer.wait(ip, "beats", 3000, 60)
    for what in ("memory_errors", "disk_errors"):
        check_equal(stats[what], 0, what)
    check_equal(stats["n_boots"], 1, "boots")
    check(stats["tcp"]["kept"], f"the TCP connection broke: {stats['tcp']['trouble']}")
    source.quit()
    target.qmp.command("system_powerdown")
    check_equal(lab.wait("h2", target.program)["exit"], 0, "exit of QEMU after the power button")
    print(f"total {told['total_us'] / 1e6:.2f} s, blackout {stats['blackout_us'] / 1000:.0f} ms")
