"""First process of a lab node: a pid, mount and (mostly) network namespace of its own.

Starts programs it is asked for, tells when they are ready (sd_notify's protocol) and when they end,
and reaps whatever is left to it: QEMUs outlive the agents that started them. Ends when its standard
input does, and with it every process of the node: that is how a host loses its power.

Requests come on a unix socket, one JSON object per line, answered in order:
  {"op": "start", "name": n, "argv": [...], "log": path, "ready": bool, "timeout": s}
  {"op": "stop", "name": n, "signal": 15, "timeout": s}    answered when it has ended
  {"op": "wait", "name": n, "timeout": s}                  likewise
  {"op": "signal", "name": n, "signal": s}
  {"op": "list"}
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys


class Program:
    """A program started here: its pid, and the futures of those who wait for it."""

    def __init__(self, name, pid):
        loop = asyncio.get_running_loop()
        self.name, self.pid, self.exit = name, pid, None
        self.status = ""
        self.ready, self.ended = loop.create_future(), loop.create_future()

    def on_exit(self, code):
        self.exit = code
        for future in (self.ready, self.ended):
            if not future.done():
                future.set_result(code)


class Node:
    def __init__(self, folder, name):
        self.run = os.path.join(folder, "run")
        self.name = name
        self.programs = {}

    # Programs

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for program in self.programs.values():
                if program.pid == pid:
                    program.on_exit(os.waitstatus_to_exitcode(status))

    def _open_notify(self, name):
        path = os.path.join(self.run, f"{self.name}.{name}.ready")
        if os.path.exists(path):
            os.unlink(path)
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        receiver.bind(path)
        return path, receiver

    async def start(self, request):
        name = request["name"]
        old = self.programs.get(name)
        if old is not None and old.exit is None:
            raise RuntimeError(f"{name} runs already as pid {old.pid}")
        path, receiver = self._open_notify(name)
        loop = asyncio.get_running_loop()
        try:
            program = self._spawn(name, request, path)
            if request.get("ready"):
                loop.add_reader(receiver, self._on_notify, program, receiver)
                await asyncio.wait_for(asyncio.shield(program.ready), request.get("timeout", 20))
        except asyncio.TimeoutError:
            os.kill(program.pid, signal.SIGKILL)
            raise RuntimeError(f"{name} was not ready in time; its log: {request['log']}") from None
        finally:
            loop.remove_reader(receiver)
            receiver.close()
            os.unlink(path)
        if program.exit is not None:
            raise RuntimeError(f"{name} ended with {program.exit}; its log: {request['log']}")
        return {"pid": program.pid, "status": program.status}

    def _spawn(self, name, request, notify_path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        environment = {**os.environ, **request.get("env", {}), "NOTIFY_SOCKET": notify_path}
        pid = os.posix_spawnp(
            request["argv"][0],
            request["argv"],
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, request["log"], flags, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        self.programs[name] = Program(name, pid)
        return self.programs[name]

    def _on_notify(self, program, receiver):
        for line in receiver.recv(4096).decode(errors="replace").splitlines():
            key, _, value = line.partition("=")
            if key == "STATUS":
                program.status = value
            elif key == "READY" and value == "1" and not program.ready.done():
                program.ready.set_result(0)

    def _running(self, name):
        program = self.programs.get(name)
        if program is None:
            raise RuntimeError(f"no program {name} was started on {self.name}")
        return program

    async def stop(self, request):
        program = self._running(request["name"])
        if program.exit is None:
            os.kill(program.pid, request.get("signal", signal.SIGTERM))
        return await self.wait(request)

    async def wait(self, request):
        program = self._running(request["name"])
        try:
            timeout = request.get("timeout", 20)
            await asyncio.wait_for(asyncio.shield(program.ended), timeout)
        except asyncio.TimeoutError:
            raise RuntimeError(f"{program.name} has not ended within {timeout} s") from None
        return {"exit": program.exit}

    async def signal(self, request):
        program = self._running(request["name"])
        if program.exit is not None:
            raise RuntimeError(f"{program.name} has ended with {program.exit}")
        os.kill(program.pid, request["signal"])
        return {}

    async def list(self, _request):
        return {
            "programs": {
                p.name: {"pid": p.pid, "exit": p.exit, "status": p.status}
                for p in self.programs.values()
            }
        }

    # Requests

    async def serve(self, reader, writer):
        operations = {
            "start": self.start,
            "stop": self.stop,
            "wait": self.wait,
            "signal": self.signal,
            "list": self.list,
        }
        try:
            while line := await reader.readline():
                try:
                    request = json.loads(line)
                    answer = await operations[request["op"]](request)
                except Exception as problem:  # told to whoever asked
                    answer = {"error": f"{self.name}: {problem or type(problem).__name__}"}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def main(self):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self.reap)
        over = loop.create_future()
        loop.add_reader(0, lambda: over.done() or os.read(0, 1) or over.set_result(None))
        path = os.path.join(self.run, self.name + ".sock")
        await asyncio.start_unix_server(self.serve, path)
        print("ready", flush=True)
        await over


def main():
    folder, name, network = sys.argv[1:4]
    if network == "own":  # /sys/class/net must show it, not the machine's
        subprocess.run(["mount", "-t", "sysfs", "sysfs", "/sys"], check=True)
    asyncio.run(Node(folder, name).main())
    os._exit(0)


if __name__ == "__main__":
    main()
