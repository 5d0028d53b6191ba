"""Starts the service from a command."""

import os
import sys


def run(*, host: str, port: int) -> None:
    """Become the server: this process goes on as BentoML's supervisor, under the same id.

    Replaced, not kept beside it: the memory of what was loaded to check the project is free again, and a
    signal to the command reaches the server.

    Parameters
    ----------
    host : str
        IP address to listen at.
    port : int
    """
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    sys.stdout.flush()
    sys.stderr.flush()
    service = "leadml.service.bento:LeadScoring"
    os.execv(
        sys.executable,
        [sys.executable, "-m", "bentoml", "serve", service, "--host", host, "--port", str(port)],
    )
