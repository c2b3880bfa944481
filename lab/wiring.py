"""The lab's network: three bridges in the switch node, a cable from each node to those it needs.

Everything is made inside the nodes' namespaces; the machine's own network is never touched."""

import subprocess

from lab import layout


def _in_network(pid, argv, text=None):
    done = subprocess.run(
        ["nsenter", f"--net=/proc/{pid}/ns/net", *argv],
        input=text,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip() or done.returncode}\n{text or ''}")


def _ip(pid, lines):
    """Run lines of `ip -batch` in the network of process @pid."""
    _in_network(pid, ["ip", "-batch", "-"], "\n".join(lines) + "\n")


def _bridge(name):
    return [
        f"link add {name} type bridge forward_delay 0 stp_state 0 mcast_snooping 0",
        f"link set {name} up",
    ]


def set_up_switch(switch_pid):
    _ip(switch_pid, ["link set lo up", *(line for n in layout.NETWORKS for line in _bridge(n))])


def _cable(switch_pid, node, node_pid, network):
    """A cable between the switch's bridge @network and interface @network of @node."""
    end = f"{node}-{network}"
    _ip(
        switch_pid,
        [
            f"link add {end} type veth peer name {network} netns {node_pid}",
            f"link set {end} master {network} up",
        ],
    )


def connect_host(switch_pid, host, pid, rate):
    """The three cables of a host; its guests join the bridge at the end of the third."""
    for network in layout.NETWORKS:
        _cable(switch_pid, host, pid, network)
    bits = layout.PREFIX_BITS
    _ip(
        pid,
        [
            "link set lo up",
            f"address add {layout.address('mgmt', host)}/{bits} dev mgmt",
            f"address add {layout.address('mig', host)}/{bits} dev mig",
            *_bridge(layout.GUEST_BRIDGE),
            f"link set guest master {layout.GUEST_BRIDGE}",
            *(f"link set {network} up" for network in layout.NETWORKS),
        ],
    )
    if rate:
        limit = ["rate", rate, "burst", "256kb", "latency", "50ms"]
        _in_network(pid, ["tc", "qdisc", "add", "dev", "mig", "root", "tbf", *limit])


def connect_plain(switch_pid, node, pid, network, address):
    """A node with one cable and one address."""
    _cable(switch_pid, node, pid, network)
    _ip(
        pid,
        [
            "link set lo up",
            f"address add {address}/{layout.PREFIX_BITS} dev {network}",
            f"link set {network} up",
        ],
    )


def set_link(switch_pid, node, network, is_up):
    """Plug or unplug a node's cable at the switch."""
    _ip(switch_pid, [f"link set {node}-{network} {'up' if is_up else 'down'}"])
