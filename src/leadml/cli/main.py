"""The `leadml` command."""

import typer

from leadml.cli.card import card
from leadml.cli.check import check
from leadml.cli.compare import compare
from leadml.cli.dataset import dataset
from leadml.cli.demo import demo
from leadml.cli.explain import explain
from leadml.cli.features import features
from leadml.cli.feedback import feedback
from leadml.cli.glossary import glossary
from leadml.cli.maturity import maturity
from leadml.cli.models import models
from leadml.cli.promote import promote
from leadml.cli.reference import reference
from leadml.cli.rollback import rollback
from leadml.cli.rules import rules
from leadml.cli.score import score
from leadml.cli.serve import serve
from leadml.cli.sla import sla
from leadml.cli.train import train
from leadml.cli.tune import tune
from leadml.cli.what_if import what_if
from leadml.cli.why import why

app = typer.Typer(
    name="leadml",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # locals could hold personal data
    help="Lead scores made only from what was known, with their reasons, under one agreement.",
    epilog="Begin with: leadml demo",
)
for command in (
    demo,
    check,
    features,
    maturity,
    dataset,
    train,
    tune,
    compare,
    promote,
    rollback,
    score,
    explain,
    what_if,
    why,
    card,
    serve,
    glossary,
    feedback,
    reference,
):
    app.command(no_args_is_help=False)(command)
app.add_typer(models, name="models")
app.add_typer(rules, name="rules")
app.add_typer(sla, name="sla")

if __name__ == "__main__":
    app()
