"""scripts/lab: up, env, down, status, exec, power, cable, spec."""

import argparse
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from lab import client, guests, layout
from lab.lines import LabError


def default_folder():
    return layout.default_folder(client.SOURCE_TREE)


def find_build(wanted):
    """The build folder to run: the one asked for, $GW_BUILD_DIR, or the newest that has programs."""
    if wanted or os.environ.get("GW_BUILD_DIR"):
        return str(Path(wanted or os.environ["GW_BUILD_DIR"]).resolve())
    builds = [b for b in (client.SOURCE_TREE / "build").glob("*") if (b / "bin/gw-lab-peer").exists()]
    if not builds:
        raise LabError("no build found: cmake --preset release && cmake --build --preset release")
    return str(max(builds, key=lambda b: (b / "bin/gw-lab-peer").stat().st_mtime))


def build_image(build):
    witness = Path(build, "bin", "gw-lab-witness")
    script = client.SOURCE_TREE / "lab" / "image" / "build"
    subprocess.run(
        [script, "--witness", witness, "--out", Path(build, "lab")],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def up(arguments):
    folder = arguments.dir
    if Path(folder, "lab.sock").exists() and not arguments.again:
        try:
            client.open_lab(folder).ask(op="status")
            raise LabError(f"a lab is up in {folder} already: scripts/lab down, or up --again")
        except LabError as problem:
            if "already" in str(problem):
                raise
    client.take_down(folder)
    build = find_build(arguments.build)
    build_image(build)
    options = layout.Options(
        folder=folder,
        build=build,
        n_hosts=arguments.hosts,
        migration_rate=arguments.migration_rate,
        accelerator=arguments.accelerator,
        log_level=arguments.log_level,
        with_daemons=not arguments.no_daemons,
    )
    lab = client.start_guardian(options, tied=False)
    print(f"lab        {folder} ({', '.join(lab.hosts)}; peer at {layout.PEER_ADDRESS})")
    if options.with_daemons:
        print(f"gateway    {lab.description['gateway']}")
        print(f"scheduler  {lab.description['scheduler']}")
        print(f"godwit     {lab.description['godwit']}")
        where = "" if folder == default_folder() else f" --dir {shlex.quote(folder)}"
        print(f'\nto use it from this shell:  eval "$(scripts/lab{where} env)"')


def env(arguments):
    """Lines for a shell, so that it finds the command, the scheduler and the gateway."""
    description = client.open_lab(arguments.dir).description
    folder = shlex.quote(str(Path(description["godwit"]).parent))
    print(f"export GODWIT_SCHEDULER={shlex.quote(description['scheduler'])}")
    print(f"export GODWIT_GATEWAY={description['gateway']}")
    print(f'case ":$PATH:" in *:{folder}:*) ;; *) export PATH={folder}:"$PATH" ;; esac')


def down(arguments):
    if not client.take_down(arguments.dir):
        print(f"no lab in {arguments.dir}", file=sys.stderr)


def status(arguments):
    lab = client.open_lab(arguments.dir)
    nodes = lab.ask(op="status")["nodes"]
    if arguments.output == "json":
        print(json.dumps({**lab.description, "nodes": nodes}))
        return
    for node, programs in nodes.items():
        print(f"{node:8} pid {lab.pid(node)}")
        for name, program in programs.items():
            state = "runs" if program["exit"] is None else f"ended with {program['exit']}"
            print(f"  {name:10} {state}  {program['status']}")


def execute(arguments):
    lab = client.open_lab(arguments.dir)
    argv = lab.nsenter(arguments.node, arguments.argv or [os.environ.get("SHELL", "/bin/sh")])
    os.execvpe(argv[0], argv, lab.environment())


def power(arguments):
    lab = client.open_lab(arguments.dir)
    (lab.power_on if arguments.state == "on" else lab.power_off)(arguments.host)


def cable(arguments):
    client.open_lab(arguments.dir).set_link(
        arguments.node, arguments.network, arguments.state == "in"
    )


def spec(arguments):
    print(json.dumps(guests.spec(arguments.name, arguments.number, arguments.pool), indent=2))


def parser():
    top = argparse.ArgumentParser(prog="scripts/lab", description=__doc__)
    top.add_argument("--dir", default=default_folder(), help="lab folder")
    verbs = top.add_subparsers(required=True, metavar="VERB")

    verb = verbs.add_parser("up", help="start a lab")
    verb.set_defaults(run=up)
    verb.add_argument("--build", help="build folder (default: $GW_BUILD_DIR, or the newest)")
    verb.add_argument("--hosts", type=int, default=3)
    verb.add_argument("--migration-rate", default="", help="limit per host, e.g. 200mbit")
    verb.add_argument("--accelerator", choices=["auto", "tcg", "kvm"], default="auto")
    verb.add_argument("--log-level", default="info")
    verb.add_argument("--no-daemons", action="store_true", help="network and peer only")
    verb.add_argument("--again", action="store_true", help="take a lab that is up down first")

    verbs.add_parser("env", help="what to eval, to have godwit find the lab").set_defaults(run=env)
    verbs.add_parser("down", help="end it, leave nothing").set_defaults(run=down)
    verb = verbs.add_parser("status", help="what runs where")
    verb.set_defaults(run=status)
    verb.add_argument("-o", "--output", choices=["text", "json"], default="text")
    verb = verbs.add_parser("exec", help="run a command in a node: h1.., ctl, peer, switch")
    verb.set_defaults(run=execute)
    verb.add_argument("node")
    verb.add_argument("argv", nargs=argparse.REMAINDER)
    verb = verbs.add_parser("power", help="switch a host on or off, without warning")
    verb.set_defaults(run=power)
    verb.add_argument("host")
    verb.add_argument("state", choices=["on", "off"])
    verb = verbs.add_parser("cable", help="plug a node's cable in or out")
    verb.set_defaults(run=cable)
    verb.add_argument("node")
    verb.add_argument("network", choices=list(layout.NETWORKS))
    verb.add_argument("state", choices=["in", "out"])
    verb = verbs.add_parser("spec", help="print the spec of a guest that runs the witness")
    verb.set_defaults(run=spec)
    verb.add_argument("name")
    verb.add_argument("--number", type=int, default=1, help="gives it 10.90.3.(100 + number)")
    verb.add_argument("--pool", choices=["data", "local", "shared"], default="data")
    return top


def main():
    arguments = parser().parse_args()
    try:
        arguments.run(arguments)
    except (LabError, subprocess.CalledProcessError, OSError) as problem:
        print(f"lab: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
