"""What every check looks at: all columns of a history as they stood at the snapshots, beside the outcome."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np

from leadml.clock import Instants
from leadml.dataset import TrainingSet
from leadml.history.tables import ATTRIBUTES_OF, Codes, FactTable, History, Mask, Numbers, as_number
from leadml.leakage.statistics import Compared, deviations_for
from leadml.specs.project_spec import ProjectSpec

NEVER = np.iinfo(np.int64).max
_READY_LEADS_A_PERIOD = 50
_MOST_PERIODS = 40
# Beyond so many leads the audit looks at an even share of them, so that it stays quick.
_MOST_LEADS = 20_000


# The tables of attributes in the words of history.yaml, and where their facts lie.
FACTS_OF = {"leads": ATTRIBUTES_OF["lead"], "companies": ATTRIBUTES_OF["company"]}


class Origin(StrEnum):
    """Where a column comes from: it decides how much is proven by its dates."""

    UNDATED = "undated"  # an attribute without history: what stands there may be from any later day
    DATED = "dated"  # an attribute whose changes are dated
    FACTS = "facts"  # how often a word stood among the dated facts known at the snapshot
    FEATURE = "feature"  # computed by the engine


@dataclass(frozen=True)
class Column:
    """One column as it was known at each snapshot.

    Attributes
    ----------
    table, name, word : str
        Its place in the words of history.yaml; `word` is empty for a whole column.
    origin : Origin
    codes : int array, shape (n_snapshots,)
        Which level it had, 0 where it was missing.
    levels : tuple of str
        The words that occur. Level `i` is `levels[i - 1]`, unless the levels are intervals of numbers.
    numbers : float array, shape (n_snapshots,), or None
        NaN where missing; None for a column of words.
    """

    table: str
    name: str
    origin: Origin
    codes: Codes
    levels: tuple[str, ...] = ()
    numbers: Numbers | None = None
    word: str = ""

    @property
    def in_intervals(self) -> bool:
        """Whether a level is an interval of numbers and not one value."""
        return self.numbers is not None and len(self.levels) != int(self.codes.max(initial=0))

    @property
    def present(self) -> Mask:
        """Where it was not missing; for facts, where there was one."""
        there: Mask = self.codes > (1 if self.origin is Origin.FACTS else 0)
        return there


@dataclass(frozen=True)
class Evidence:
    """A history, its training set, and every column of both, prepared once for all checks.

    Attributes
    ----------
    history : History
    training_set : TrainingSet
        Of very many leads, an even share.
    spec : ProjectSpec
    columns : tuple of Column
        Attributes, words of facts and computed features at the snapshots. Those with a single level
        tell nothing and are left out.
    stage_then : int array, shape (n_snapshots,)
        Rank of the lifecycle stage known at each snapshot, -1 where none was.
    facts_before : float array, shape (n_snapshots,)
        How many dated facts of the lead were known: what happened to it, not what was said or decided of it.
    facts_in_all : float array, shape (n_leads_of_history,)
        How many there are, whenever they happened.
    """

    history: History
    training_set: TrainingSet
    spec: ProjectSpec
    columns: tuple[Column, ...]
    stage_then: Codes
    facts_before: Numbers
    facts_in_all: Numbers
    compared: Compared = field(repr=False)

    @property
    def attributes(self) -> tuple[Column, ...]:
        """The attributes without history."""
        return tuple(column for column in self.columns if column.origin is Origin.UNDATED)

    @property
    def deviations(self) -> float:
        """Standard errors that make a difference certain, asking all columns."""
        return deviations_for(len(self.columns))

    @cached_property
    def first_rows(self) -> Codes:
        """The first snapshot of each lead that was looked at, shape (n_leads,)."""
        _, first = np.unique(self.compared.leads, return_index=True)
        return first

    @cached_property
    def ready_leads(self) -> Numbers:
        """Whether each lead that was looked at became ready at any of its snapshots, 0 or 1."""
        ready: Numbers = (np.bincount(self.compared.leads, self.compared.ready) > 0).astype(np.float64)
        return ready

    @cached_property
    def periods(self) -> Codes:
        """The period of creation of each lead that was looked at."""
        return periods_of(self.training_set.created_at[self.first_rows], int(self.ready_leads.sum()))

    @property
    def positions(self) -> Codes:
        """The position in the history of each lead that was looked at."""
        return self.training_set.snapshots.leads[self.first_rows]

    @cached_property
    def reached_at(self) -> Instants:
        """When each lead of the history first came to the target stage or beyond, `NEVER` where it did not."""
        return self._entries(np.minimum, NEVER)

    @cached_property
    def reached_last_at(self) -> Instants:
        """When each lead of the history was last said to be in the target stage or beyond, -1 where it never was."""
        return self._entries(np.maximum, -1)

    @cached_property
    def comes_to_target(self) -> Mask:
        """Whether a snapshot's lead comes to the target stage at any later time, in the window or not."""
        snapshots = self.training_set.snapshots
        comes: Mask = self.reached_last_at[snapshots.leads] >= snapshots.as_of
        return comes

    def _entries(self, choose: np.ufunc, none: int) -> Instants:
        chosen = np.full(len(self.history.lead_ids), none)
        table = self.history.facts.get("stage_changes")
        if table is not None:
            beyond = self.at_target(table)
            choose.at(chosen, table.leads[beyond], table.happened_at[beyond])
        return chosen

    def everywhere(self, column: Column) -> Numbers:
        """Give the latest number of an attribute for each lead of the history, NaN where there is none."""
        numbers = np.full(len(self.history.lead_ids), np.nan)
        table = self.history.facts.get(FACTS_OF[column.table]) if column.table in FACTS_OF else None
        if table is not None and column.name in table.texts["attribute"].words:
            rows = table.texts["attribute"].codes == table.texts["attribute"].words.index(column.name)
            words = table.texts["value"]
            of_word = np.array([*(as_number(word) for word in words.words), np.nan])
            numbers[table.leads[rows]] = of_word[words.codes[rows]]
        return numbers

    @property
    def target(self) -> int:
        """Rank of the stage that the outcome asks for."""
        definitions = self.spec.agreement.definitions
        return definitions.lifecycle_stages.index(definitions.outcome(self.training_set.outcome).reach)

    def at_target(self, stage_changes: FactTable) -> Mask:
        """Mark the entries into the target stage and the stages beyond it."""
        stages = self.spec.agreement.definitions.lifecycle_stages[self.target :]
        return stage_changes.texts["lifecycle_stage"].is_any_of(stages)

    def of_leads(self, rows: Mask) -> Mask:
        """Which leads that were looked at have any of these snapshots."""
        marked: Mask = np.bincount(self.compared.leads, rows) > 0
        return marked


def compare(training_set: TrainingSet) -> Compared:
    """Say who is compared with whom: snapshots of one age, of leads created in the same period."""
    _, first, leads = np.unique(training_set.snapshots.leads, return_index=True, return_inverse=True)
    ready_leads = int((np.bincount(leads, training_set.ready) > 0).sum())
    period = periods_of(training_set.created_at[first], ready_leads)[leads]
    strata = training_set.snapshots.ages * _MOST_PERIODS + period
    return Compared(training_set.ready, strata, leads)


def periods_of(created_at: Instants, ready_leads: int) -> Codes:
    """Cut leads into periods of creation, equal in leads, with about fifty ready leads each; at most forty."""
    number = min(max(ready_leads // _READY_LEADS_A_PERIOD, 1), _MOST_PERIODS)
    place = np.empty(len(created_at), dtype=np.int64)
    place[np.argsort(created_at, kind="stable")] = np.arange(len(created_at))
    periods: Codes = place * number // max(len(created_at), 1)
    return periods


def even_share(training_set: TrainingSet) -> TrainingSet:
    """Take every second, third, ... lead in the order of creation where there are very many."""
    leads, first = np.unique(training_set.snapshots.leads, return_index=True)
    step = -(-len(leads) // _MOST_LEADS)
    if step <= 1:
        return training_set
    taken = leads[np.argsort(training_set.created_at[first], kind="stable")][::step]
    return training_set.rows(np.isin(training_set.snapshots.leads, taken))
