import pytest
from typer.testing import CliRunner

from leadml.cli.main import app

EXIT_WITH_PROBLEMS = 2


@pytest.fixture
def asked():
    """Run a command that must end with its problem told; gives what stands on standard error."""

    def ask(folder, *command):
        outcome = CliRunner().invoke(app, [*command, "--project", str(folder)])
        # Anything but SystemExit would have been a traceback.
        assert isinstance(outcome.exception, SystemExit), outcome.exception
        assert outcome.exit_code == EXIT_WITH_PROBLEMS
        assert outcome.stdout == ""
        assert "Traceback" not in outcome.stderr
        return outcome.stderr

    return ask
