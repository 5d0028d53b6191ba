"""The ten terms on which sales and marketing must agree, and the standard words for their values.

Everything else in leadml takes its names from here; `docs/glossary.md` is written from this
file by `leadml glossary --terms --markdown`.
"""

from dataclasses import dataclass
from enum import StrEnum

READY = "ready"  # the main outcome; others may stand beside it under names of their own


class StatusMeaning(StrEnum):
    """What a lead status says about the lead: still open, handed back, or closed."""

    OPEN = "open"
    RETURNED = "returned"
    CLOSED = "closed"


class ReturnPolicy(StrEnum):
    """What a return for a given reason does to the training label."""

    NEGATIVE = "negative"
    CENSORED = "censored"
    EXCLUDED = "excluded"


class MoreIs(StrEnum):
    """What both teams would agree a larger value of a feature means."""

    READIER = "readier"
    LESS_READY = "less_ready"

    @property
    def sign(self) -> int:
        """1 where more is readier, -1 where it is less ready.

        Examples
        --------
        >>> MoreIs.LESS_READY.sign
        -1
        """
        return 1 if self is MoreIs.READIER else -1


class Theme(StrEnum):
    """The five feature files: what we look at."""

    FIT = "fit"
    PERSONA = "persona"
    JOURNEY = "journey"
    ENGAGEMENT = "engagement"
    SALES_TOUCH = "sales_touch"


@dataclass(frozen=True)
class Term:
    """One of the ten terms: its names, what the teams agree on, and where it lives in leadml, in both languages."""

    name: str
    english: str
    japanese: str
    agreed: str
    lives_in: str
    lives_in_japanese: str


TERMS: tuple[Term, ...] = (
    Term(
        "service_level_agreement",
        "Service level agreement (SLA)",
        "サービスレベル合意書（SLA）",
        "what sales and marketing owe each other, in writing",
        "`sla.yaml`: definitions and promises; every answer names its version",
        "`sla.yaml`：定義と約束。どの回答にもそのバージョンが付きます",
    ),
    Term(
        "ideal_customer_profile",
        "Ideal customer profile (ICP)",
        "理想的な顧客プロファイル（ICP）",
        "which companies are a good fit",
        "`definitions.ideal_customer_profile` in `sla.yaml`; feature kind `match`",
        "`sla.yaml`の`definitions.ideal_customer_profile`、特徴量の種類`match`",
    ),
    Term(
        "buyer_persona",
        "Buyer persona",
        "バイヤーペルソナ",
        "which people inside those companies to pursue",
        "`definitions.buyer_personas` in `sla.yaml`; feature kind `persona`",
        "`sla.yaml`の`definitions.buyer_personas`、特徴量の種類`persona`",
    ),
    Term(
        "buyers_journey",
        "Buyer's journey",
        "バイヤージャーニー",
        "awareness, consideration, decision, and the content that belongs to each",
        "`definitions.buyers_journey` in `sla.yaml`; features of the theme `journey`",
        "`sla.yaml`の`definitions.buyers_journey`、テーマ`journey`の特徴量",
    ),
    Term(
        "lifecycle_stage",
        "Lifecycle stage",
        "ライフサイクルステージ",
        "the stages a lead moves through, and which of them means ready",
        "`definitions.lifecycle_stages` and `ready` in `sla.yaml`; table `stage_changes`",
        "`sla.yaml`の`definitions.lifecycle_stages`と`ready`、テーブル`stage_changes`",
    ),
    Term(
        "lead_type",
        "Lead type",
        "リードタイプ",
        "kinds of lead whose path differs",
        "`definitions.lead_types` in `sla.yaml`; bands may be set for each lead type",
        "`sla.yaml`の`definitions.lead_types`。バンドはリードタイプごとに決められます",
    ),
    Term(
        "deal_stage",
        "Deal stage",
        "商談ステージ",
        "the steps of a deal and how likely each is to be won",
        "`definitions.deal_stages` in `sla.yaml`; table `deal_changes`",
        "`sla.yaml`の`definitions.deal_stages`、テーブル`deal_changes`",
    ),
    Term(
        "lead_status",
        "Lead status",
        "リードステータス",
        "whether a lead is open, returned or closed, and why it was returned",
        "`definitions.lead_statuses` and `return_reasons` in `sla.yaml`; table `status_changes`",
        "`sla.yaml`の`definitions.lead_statuses`と`return_reasons`、テーブル`status_changes`",
    ),
    Term(
        "lead_score",
        "Lead score",
        "リードスコア",
        "how ready a lead is, from 0 to 100, and at which score it is handed over",
        "`definitions.lead_score` and `promises.bands` in `sla.yaml`; `score` in every answer",
        "`sla.yaml`の`definitions.lead_score`と`promises.bands`、どの回答にもある`score`",
    ),
    Term(
        "connect_attempt",
        "Connect attempt",
        "コンタクトの試行",
        "what counts as an attempt to reach a lead, how many are owed, and by when",
        "`definitions.connect_attempt` and `promises.connect_attempts` in `sla.yaml`; table `connect_attempts`",
        "`sla.yaml`の`definitions.connect_attempt`と`promises.connect_attempts`、テーブル`connect_attempts`",
    ),
)


def glossary_markdown() -> str:
    """Write the ten terms as a Markdown page.

    Returns
    -------
    page : str
        A table with one row a term, in the order of the glossary.

    Examples
    --------
    >>> glossary_markdown().splitlines()[0]
    '# The ten terms'
    """
    rows = [
        f"| {number} | {term.english} | {term.japanese} | {term.agreed} | {term.lives_in} |"
        for number, term in enumerate(TERMS, start=1)
    ]
    head = [
        "# The ten terms",
        "",
        "Written by `leadml glossary --terms --markdown` from `src/leadml/vocabulary.py`; change it there.",
        "",
        "| # | Term | 日本語 | What both teams agree on | What it is in leadml |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows]) + "\n"
