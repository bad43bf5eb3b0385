"""Runs the corpus judge on a scratch server, in both directions, each with its floor."""

import os
import subprocess
import sys

from psqlmigrate.postgres.embedded import scratch_server

RUNS = (("0.97", ()), ("0.97", ("--reverse",)))


def main(bindir: str, judge: str) -> int:
    """Exit code 1 when a floor is missed."""
    code = 0
    with scratch_server() as server:
        env = {
            **os.environ,
            "PGHOST": server.params["host"],
            "PGPORT": server.params.get("port", "5432"),
            "PGUSER": server.params["user"],
            "PG_BIN": bindir,
        }
        for floor, options in RUNS:
            tool = "psqlmigrate diff --owners {from_url} {to_url}"
            command = [sys.executable, judge, "--tool", tool, "--every", "5", "--floor", floor]
            done = subprocess.run([*command, *options], env=env, check=False)
            code = code or done.returncode
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
