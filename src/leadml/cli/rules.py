"""`leadml rules`: what can be done with the rules that both teams wrote."""

import typer

from leadml.cli.rule_suggestion import suggest

rules = typer.Typer(no_args_is_help=True, help="Rules: suggested from a model.")
rules.command(no_args_is_help=False)(suggest)
