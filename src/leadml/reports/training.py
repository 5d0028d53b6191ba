"""What a training tells in sentences: what was left out, and what the gate asked."""

from collections.abc import Mapping

from leadml.gate import Gate
from leadml.wording.texts import Language, say


def left_out_lines(left_out: Mapping[str, int], used: int, language: Language) -> list[str]:
    """Say which snapshots are not used, and why: nothing is dropped in silence.

    Parameters
    ----------
    left_out : mapping of reason to int
        Reasons as in `outcomes.LeftOut`.
    used : int
        How many are used.
    language : {"en", "ja"}

    Returns
    -------
    lines : list of str
        None where every snapshot is used.
    """
    if not left_out:
        return []
    count = sum(left_out.values())
    return [
        say("left_out.line", language, count=f"{count:,}", placed=f"{used + count:,}"),
        *(f"  {say(f'left_out.{reason}', language, count=f'{number:,}')}" for reason, number in left_out.items()),
    ]


def gate_lines(gate: Gate, language: Language) -> list[str]:
    """Say what a recipe was asked before it was published, with the numbers.

    Parameters
    ----------
    gate : Gate
    language : {"en", "ja"}

    Returns
    -------
    lines : list of str
    """
    lines = [
        say(
            f"gate.{test.name}.{'passed' if test.passed else 'failed'}",
            language,
            gain=f"{test.gain:+.4f}",
            low=f"{test.low:+.4f}",
            high=f"{test.high:+.4f}",
        )
        for test in gate.tests
    ]
    return lines if gate.champion == "compared" else [*lines, say(f"gate.champion.{gate.champion}", language)]
