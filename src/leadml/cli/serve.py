"""`leadml serve`: answer POST /v1/score."""

import os
import socket
from pathlib import Path
from typing import Annotated

import typer

from leadml.champion import run_folder
from leadml.cli.options import JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import problems_told, tell_json
from leadml.errors import LeadmlError
from leadml.project import Project
from leadml.store.ledger import LEDGER_FILE, Ledger
from leadml.wording.texts import say


def serve(
    project: ProjectOption = Path(),
    host: Annotated[str, typer.Option("--host", help="Address to listen at; others can reach 0.0.0.0.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 3000,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Serve scores over HTTP until stopped: POST /v1/score, described at /v1/openapi.json.

    The service has no authentication of its own: keep it behind a gateway that has.

    Example: leadml serve --port 3000
    """
    with problems_told(as_json=as_json, language=language):
        model = Project(project).scorer().model  # what is wrong is said here, not by a worker
        Ledger(run_folder(project) / LEDGER_FILE).close()
        _check_free(host, port)
    if as_json:
        tell_json({"url": f"http://{host}:{port}/v1/score", "model": {"name": model.name, "version": model.version}})
    else:
        typer.echo(
            say("serve.begins", language, name=model.name, version=model.version, url=f"http://{host}:{port}/v1/score"),
            err=True,
        )
    os.environ["LEADML_PROJECT"] = str(project.resolve())
    from leadml.service.run import run  # BentoML takes a while to import; only serving needs it

    run(host=host, port=port)


def _check_free(host: str, port: int) -> None:
    """Try the address before a server does: what is wrong with it is said in four parts."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise LeadmlError(
            "no_such_address", where="--host, --port", host=host, port=port, reason=os.strerror(error.errno or 0)
        ) from None
