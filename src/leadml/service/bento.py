"""The BentoML service: `bentoml serve leadml.service.bento:LeadScoring`."""

import os
from pathlib import Path

# Whoever wants BentoML to count them sets it to False. Its command line has looked at it before this module
# is read, so that `make` and `leadml serve` set it too.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")

import bentoml

from leadml.champion import champion_folder, run_folder
from leadml.errors import LeadmlError
from leadml.service.endpoint import Desk, create_application
from leadml.specs.project_spec import read_project

# Read while this module is imported: inside a bento that is the one moment in which the working directory
# is the bento's own copy of the project, in the supervising process as in its worker.
PROJECT_FOLDER = Path(os.environ.get("LEADML_PROJECT", ".")).resolve()


def _open_desk() -> Desk:
    # Here and not above: the supervising process imports this module too, and scores nothing.
    from leadml.service.answering import ScoringDesk

    return ScoringDesk.open(PROJECT_FOLDER)


@bentoml.service(
    name="lead_scoring",
    http={"host": "127.0.0.1"},  # BentoML's own default is every address of the machine
    traffic={"timeout": 30},  # each request's timer stays in memory for so long
)
@bentoml.asgi_app(create_application(_open_desk), path="/")
class LeadScoring:
    """Scores leads, with reasons, under the agreement of the project."""

    @bentoml.on_deployment  # type: ignore[untyped-decorator]
    @staticmethod
    def check_project() -> None:
        """Refuse to start what cannot answer: a worker that fails would be started again every ten seconds."""
        from leadml.store.ledger import LEDGER_FILE, Ledger

        try:
            champion_folder(PROJECT_FOLDER)
            read_project(PROJECT_FOLDER)
            Ledger(run_folder(PROJECT_FOLDER) / LEDGER_FILE).close()
        except LeadmlError as error:
            raise SystemExit(error.text()) from None
