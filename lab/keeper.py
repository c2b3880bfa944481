"""First process of a lab: every other one of the lab lives in its pid namespace and ends with it.

Makes the nodes and the network between them, starts the daemons, tells its guardian on standard
output how to reach them, then serves power and cable requests. Ends when its standard input does."""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from lab import layout, wiring
from lab.lines import LabError, LineClient


class Keeper:
    def __init__(self, options):
        self.options = options
        self.nodes = {}  # name -> Popen of its unshare
        self.gateway = ""

    # Nodes

    def add_node(self, name, own_network=True):
        argv = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        argv += ["--propagation", "private"] + (["--net"] if own_network else [])
        argv += [sys.executable, "-B", "-m", "lab.node", self.options.folder, name]
        argv.append("own" if own_network else "callers")
        log = open(Path(self.options.folder, "log", name + ".node"), "ab")
        node = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        log.close()
        self.nodes[name] = node
        return node

    def wait_node(self, name):
        if self.nodes[name].stdout.readline() != b"ready\n":
            log = Path(self.options.folder, "log", name + ".node")
            raise LabError(f"node {name} did not start: {log.read_text(errors='replace')[-800:]}")

    def ask_node(self, node_name, **request):
        with LineClient(layout.node_socket(self.options, node_name)) as node:
            return node.ask(**request)

    def pid(self, name):
        with LineClient(layout.node_socket(self.options, name)) as node:
            return node.peer_pid()

    def start(self, node, name, argv):
        log = str(Path(self.options.folder, "log", f"{node}.{name}.log"))
        try:
            return self.ask_node(node, op="start", name=name, argv=argv, log=log, ready=True)
        except LabError as problem:
            tail = Path(log).read_text(errors="replace")[-1500:] if Path(log).exists() else ""
            raise LabError(f"{problem}\n{tail}") from problem

    # Hosts

    def connect_host(self, host):
        rate = self.options.migration_rate
        wiring.connect_host(self.pid("switch"), host, self.pid(host), rate)

    def start_agent(self, host, kind):
        settings = layout.write_agent_settings(self.options, host, kind)
        program = layout.program(self.options, "godwit-" + kind)
        self.start(host, kind, [program, "--config", settings])

    def start_agents(self, host):
        layout.new_boot_id(self.options, host)
        if self.options.with_daemons:
            self.start_agent(host, "target")
            self.start_agent(host, "source")

    def power_off(self, host):
        node = self.nodes.pop(host)
        node.stdin.close()
        node.wait()  # unshare ends when the host's last process is gone
        node.stdout.close()
        os.unlink(layout.node_socket(self.options, host))

    def power_on(self, host):
        self.add_node(host)
        self.wait_node(host)
        self.connect_host(host)
        self.start_agents(host)

    def wait_hosts_up(self, hosts, timeout=60):
        """Read the cluster's events from the first on, until the scheduler calls the hosts up."""
        missing, until = set(hosts), time.monotonic() + timeout
        argv = [layout.program(self.options, "godwit"), "migration", "watch", "--after", "0"]
        argv += ["-o", "json", "--scheduler", layout.scheduler_url(self.options)]
        watcher = subprocess.Popen(argv, stdout=subprocess.PIPE, bufsize=0)
        text = b""
        while missing:
            left = max(0.0, until - time.monotonic())
            ready, _, _ = select.select([watcher.stdout], [], [], left)
            piece = watcher.stdout.read(65536) if ready else b""
            if not piece:
                break
            *lines, text = (text + piece).split(b"\n")
            for host in (json.loads(line).get("host", {}) for line in lines):
                if host.get("state") == "HOST_STATE_UP":
                    missing.discard(host["name"])
        watcher.kill()
        watcher.wait()
        watcher.stdout.close()
        if missing:
            raise LabError(f"the scheduler does not call {', '.join(sorted(missing))} up")

    # The whole

    def make_folders(self):
        folder = Path(self.options.folder)
        hosts = layout.host_names(self.options)
        for name in ["run", "log", "boot", "shared", "ctl", "front", "peer", *hosts]:
            (folder / name).mkdir()
        log = os.open(folder / "log" / "keeper.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 2)
        os.close(log)
        image = Path(self.options.build, "lab", "boot")
        for name in ("vmlinuz", "initrd.img"):
            if (image / name).exists():  # a copy: the image may be rebuilt while guests use it
                shutil.copyfile(image / name, folder / "boot" / name)

    def bring_up(self):
        self.make_folders()
        hosts = layout.host_names(self.options)
        plain = {"ctl": ("mgmt", layout.CTL_ADDRESS), "peer": ("guest", layout.PEER_ADDRESS)}
        for name in ["switch", *plain, *hosts]:
            self.add_node(name)
        self.add_node("front", own_network=False)
        for name in self.nodes:
            self.wait_node(name)
        switch = self.pid("switch")
        wiring.set_up_switch(switch)
        for name, (network, address) in plain.items():
            wiring.connect_plain(switch, name, self.pid(name), network, address)
        for host in hosts:
            self.connect_host(host)
        control = str(Path(self.options.folder, "peer", "control"))
        peer = [layout.program(self.options, "gw-lab-peer"), "--control", control]
        self.start("peer", "peer", [*peer, "--beats", str(layout.BEAT_PORT)])
        if self.options.with_daemons:
            self.start_scheduler()
        for host in hosts:
            self.start_agents(host)
        if self.options.with_daemons:
            self.wait_hosts_up(hosts)
            self.start_gateway()

    def start_scheduler(self):
        settings = layout.write_scheduler_settings(self.options)
        program = layout.program(self.options, "godwit-scheduler")
        self.start("ctl", "scheduler", [program, "--config", settings])

    def start_gateway(self):
        settings = layout.write_gateway_settings(self.options)
        program = layout.program(self.options, "godwit-gateway")
        told = self.start("front", "gateway", [program, "--config", settings])
        self.gateway = next((w for w in told["status"].split() if w.startswith("http")), "")

    def describe(self):
        return {
            "options": vars(self.options),
            "hosts": layout.host_names(self.options),
            "scheduler": layout.scheduler_url(self.options),
            "gateway": self.gateway,
            "godwit": layout.program(self.options, "godwit"),
        }

    # Requests

    def obey(self, request):
        operation = request["op"]
        if operation == "power_off":
            self.power_off(request["host"])
        elif operation == "power_on":
            self.power_on(request["host"])
        elif operation == "set_link":
            network, is_up = request["network"], request["up"]
            wiring.set_link(self.pid("switch"), request["node"], network, is_up)
        elif operation == "status":
            return {"nodes": {n: self.ask_node(n, op="list")["programs"] for n in self.nodes}}
        elif operation == "down":
            os._exit(0)
        else:
            raise LabError(f"no such operation: {operation}")
        return {}

    def serve_one(self, connection):
        with connection, connection.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                try:
                    answer = self.obey(json.loads(line))
                except Exception as problem:  # told to whoever asked
                    answer = {"error": f"{problem or type(problem).__name__}"}
                lines.write(json.dumps(answer) + "\n")
                lines.flush()

    def serve(self, listener):
        while True:
            try:
                self.serve_one(listener.accept()[0])
            except OSError:
                pass  # a client that went away


def end_with_input():
    """Whatever else is being done: a lab that nobody wants any more is not even brought up."""
    while os.read(0, 1):
        pass
    os._exit(0)


def main():
    threading.Thread(target=end_with_input, daemon=True).start()
    options = layout.Options(**json.loads(sys.argv[1]))
    keeper = Keeper(options)
    try:
        keeper.bring_up()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(Path(options.folder, "lab.sock")))
        listener.listen(8)
        print(json.dumps(keeper.describe()), flush=True)
        keeper.serve(listener)
    except Exception as problem:  # told to whoever wanted the lab
        print(json.dumps({"error": f"{problem or type(problem).__name__}"}), flush=True)
        os._exit(1)


if __name__ == "__main__":
    main()
