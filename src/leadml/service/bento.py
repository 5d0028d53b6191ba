"""The BentoML service: `bentoml serve leadml.service.bento:LeadScoring`."""

import os
from pathlib import Path

os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")

import bentoml

from leadml.champion import champion_folder
from leadml.service.endpoint import Desk, create_application

# Read while this module is imported: inside a bento that is the one moment in which the working directory
# is the bento's own copy of the project, in the supervising process as in the workers.
PROJECT_FOLDER = Path(os.environ.get("LEADML_PROJECT", ".")).resolve()


def _open_desk() -> Desk:
    # Here and not above: the supervising process imports this module too, and scores nothing.
    from leadml.service.answering import LiveDesk

    return LiveDesk.open(PROJECT_FOLDER)


@bentoml.service(
    name="lead_scoring",
    traffic={"timeout": 30},  # each request's timer lives that long
    http={"host": "127.0.0.1"},
)
@bentoml.asgi_app(create_application(_open_desk), path="/")
class LeadScoring:
    """Scores leads, with reasons, under the agreement of the project."""

    @bentoml.on_deployment
    @staticmethod
    def find_champion() -> None:
        """Refuse to start without a model; a worker that cannot start would be started again and again."""
        champion_folder(PROJECT_FOLDER)
