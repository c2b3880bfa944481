"""Guests for labs: the spec of one that runs the witness."""

from lab import layout

# Not a multiple of 256 KiB: QEMU 7.2 on TCG loses memory writes of such guests in a live move.
MEMORY_BYTES = (512 << 20) + (8 << 10)


def cmdline(number, memory="64M", rate="16M", still="64M", disk="/dev/vda", disk_rate=100, stripes=16,
            ignore_button=False):
    words = {
        "ip": f"{layout.guest_address(number)}/{layout.PREFIX_BITS}",
        "peer": f"{layout.PEER_ADDRESS}:{layout.BEAT_PORT}",
        "tcp": layout.ECHO_PORT,
        "memory": memory,
        "rate": rate,
        "still": still,
        "disk": disk,
        "disk_rate": disk_rate,
        "stripes": stripes,
    }
    if ignore_button:
        words["button"] = "ignore"
    quiet = "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check"
    return " ".join([quiet, *(f"witness.{key}={value}" for key, value in words.items())])


def spec(name, number=1, pool="data", disk_format="QCOW2", disk_bytes=512 << 20, **witness):
    """Guest spec (proto3 JSON) of guest @number, which answers at layout.guest_address(number)."""
    return {
        "name": name,
        "vcpus": 1,
        "memoryBytes": str(MEMORY_BYTES),
        "disks": [
            {
                "name": "root",
                "pool": pool,
                "format": f"DISK_FORMAT_{disk_format}",
                "sizeBytes": str(disk_bytes),
            }
        ],
        "nics": [{"bridge": layout.GUEST_BRIDGE}],
        "kernel": "vmlinuz",
        "initrd": "initrd.img",
        "cmdline": cmdline(number, **witness),
        "migrationStateful": True,
    }
