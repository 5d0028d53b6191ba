"""The four definitions of a project, read and checked against each other."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
from pydantic import BaseModel

from leadml.errors import LeadmlError, ProblemsError, known_words, raise_problems
from leadml.specs.agreement_spec import NOT_LEARNED, AgreementSpec, DefinitionsSpec, ReturnReasonSpec
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec
from leadml.specs.history_spec import HistorySpec
from leadml.specs.readiness_spec import ReadinessSpec
from leadml.specs.reading import Label, S, read_specification
from leadml.specs.rules_spec import RulesSpec
from leadml.vocabulary import Theme
from leadml.wording.texts import nearest

# What a row of a training set holds beside the features and the outcome.
ROW_COLUMNS = ("lead_id", "as_of", "age", "weight", "closed_at", "worked")


@dataclass(frozen=True)
class ProjectSpec:
    """What stands in `history.yaml`, `features/`, `models/` and `sla.yaml`.

    `other_agreements` are those of `agreements/`: what was agreed before `sla.yaml`, or will hold after it.
    """

    history: HistorySpec
    themes: tuple[FeatureFileSpec, ...]
    rules: RulesSpec
    readiness: ReadinessSpec
    agreement: AgreementSpec
    other_agreements: tuple[AgreementSpec, ...] = ()

    @property
    def features(self) -> tuple[FeatureSpec, ...]:
        """All features in catalogue order: themes in the order of the glossary, then as written."""
        return tuple(feature for theme in self.themes for feature in theme.features)

    @property
    def learned_themes(self) -> tuple[FeatureFileSpec, ...]:
        """The themes without the features that `models/readiness.yaml` leaves out."""
        chosen = (
            (theme, tuple(feature for feature in theme.features if feature.name not in self.readiness.leave_out))
            for theme in self.themes
        )
        return tuple(theme.model_copy(update={"features": features}) for theme, features in chosen if features)

    @property
    def learned_features(self) -> tuple[FeatureSpec, ...]:
        """The features that a model is learned from, in catalogue order."""
        return tuple(feature for theme in self.learned_themes for feature in theme.features)


def read_project(folder: Path) -> ProjectSpec:
    """Read the definitions of a project and report every problem of all its files together.

    Parameters
    ----------
    folder : Path
        The project.

    Returns
    -------
    spec : ProjectSpec

    Raises
    ------
    LeadmlError, ProblemsError
        What is wrong in any of the files, or between them.
    """
    if not (folder / "history.yaml").is_file() and not (folder / "sla.yaml").is_file():
        raise LeadmlError("no_project", where=folder.name or str(folder))
    problems: list[LeadmlError] = []
    history = _collected(HistorySpec, folder, "history.yaml", problems)
    names = _yaml_files(folder, "features", problems)
    if not names and not any(problem.where.startswith("features/") for problem in problems):
        problems.append(LeadmlError("missing_file", where="features/", file="features/*.yaml"))
    files = [(Path(name).name, _collected(FeatureFileSpec, folder, name, problems)) for name in names]
    rules = _rules_if_any(folder, problems)
    readiness = _collected(ReadinessSpec, folder, "models/readiness.yaml", problems)
    agreement = _collected(AgreementSpec, folder, "sla.yaml", problems)
    agreements = {
        name: read
        for name in ("sla.yaml", *_yaml_files(folder, "agreements", problems))
        if (read := agreement if name == "sla.yaml" else _collected(AgreementSpec, folder, name, problems))
    }
    problems += check_agreements(agreements)
    raise_problems(problems, where=folder.name)
    if history is None or rules is None or readiness is None or agreement is None:
        raise AssertionError("a file that could not be read left no problem")
    themes = sorted((file for _, file in files if file is not None), key=lambda file: list(Theme).index(file.theme))
    others = tuple(other for name, other in agreements.items() if name != "sla.yaml")
    spec = ProjectSpec(history, tuple(themes), rules, readiness, agreement, others)
    raise_problems(_between_files(spec, [name for name, _ in files]), where=folder.name)
    return spec


def _yaml_files(folder: Path, of: str, problems: list[LeadmlError]) -> list[str]:
    """List the YAML files of a folder of the project; those that end otherwise are problems."""
    problems.extend(
        LeadmlError("yaml_ending", where=f"{of}/{path.name}", file=f"{of}/{path.name}", better=f"{path.stem}.yaml")
        for path in sorted((folder / of).glob("*.yml"))
    )
    return [f"{of}/{path.name}" for path in sorted((folder / of).glob("*.yaml"))]


def with_agreement(spec: ProjectSpec, agreement: AgreementSpec, *, where: str) -> ProjectSpec:
    """Put another agreement into a project, and check it against the other definitions.

    Parameters
    ----------
    spec : ProjectSpec
    agreement : AgreementSpec
    where : str
        Its file, as the user knows it.

    Returns
    -------
    changed : ProjectSpec

    Raises
    ------
    LeadmlError, ProblemsError
        What does not fit, all together.
    """
    changed = replace(spec, agreement=agreement)
    raise_problems(_between_files(changed, []), where=where)
    return changed


def _collected(specification: type[S], folder: Path, name: str, problems: list[LeadmlError]) -> S | None:
    """Read one file; its problems join those of the others."""
    try:
        return read_specification(specification, folder / name, shown_as=name)
    except ProblemsError as error:
        problems.extend(error.problems)
    except LeadmlError as error:
        problems.append(error)
    return None


def _rules_if_any(folder: Path, problems: list[LeadmlError]) -> RulesSpec | None:
    """Read the rules; a team that wrote none can begin without them, and `leadml check` says so."""
    name = "models/rules.yaml"
    if (folder / "models" / "rules.yml").exists():
        problems.append(
            LeadmlError("yaml_ending", where="models/rules.yml", file="models/rules.yml", better="rules.yaml")
        )
    return _collected(RulesSpec, folder, name, problems) if (folder / name).exists() else RulesSpec(rules=())


def _between_files(spec: ProjectSpec, file_names: list[str]) -> list[LeadmlError]:
    """Check what no file can know alone."""
    problems = []
    names = [feature.name for feature in spec.features]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(LeadmlError("named_twice", where="features/", name=name))
    for number, rule in enumerate(spec.rules.rules):
        problems.extend(
            LeadmlError(
                "unknown_feature",
                where=f"models/rules.yaml, rules[{number}] {rule.name}",
                feature=feature,
                known=known_words(names),
                hint=nearest(feature, names),
            )
            for feature in rule.features
            if feature not in names
        )
    problems += _left_out(spec, names)
    problems += check_outcome_names(spec.agreement.definitions.outcome_names, names)
    try:
        spec.agreement.definitions.outcome(spec.readiness.outcome, where="models/readiness.yaml, outcome")
    except LeadmlError as error:
        problems.append(error)
    stages = spec.agreement.definitions.lifecycle_stages
    for number, snapshot in enumerate(spec.readiness.snapshots):
        if snapshot.since != "created" and snapshot.since not in stages:
            problems.append(
                LeadmlError(
                    "unknown_word",
                    where=f"models/readiness.yaml, snapshots[{number}].since",
                    word=snapshot.since,
                    known=known_words(["created", *stages]),
                    hint=nearest(snapshot.since, ["created", *stages]),
                )
            )
    themes = [theme.theme for theme in spec.themes]
    for theme in sorted({theme for theme in themes if themes.count(theme) > 1}):
        problems.append(
            LeadmlError("named_twice", where=", ".join(f"features/{name}" for name in file_names), name=theme)
        )
    return problems


def check_outcome_names(outcomes: Collection[str], features: Collection[str]) -> list[LeadmlError]:
    """Check that each outcome can have a column of its own in the rows of a training set.

    Parameters
    ----------
    outcomes, features : collection of str
        Their names.

    Returns
    -------
    problems : list of LeadmlError
        `outcome_name_taken` for an outcome named as a feature or as one of `ROW_COLUMNS`. A feature may be named as
        one of these: see `TrainingSet.row_columns`.

    Examples
    --------
    >>> [problem.values["name"] for problem in check_outcome_names(["ready", "worked", "age"], ["age"])]
    ['worked', 'age']
    """
    return [
        LeadmlError(
            "outcome_name_taken", where=f"sla.yaml, definitions, {name}", name=name, columns=known_words(ROW_COLUMNS)
        )
        for name in outcomes
        if name in ROW_COLUMNS or name in features
    ]


def check_agreements(agreements: Mapping[str, AgreementSpec]) -> list[LeadmlError]:
    """Check that on every day one agreement holds, and that a version names one agreement.

    Parameters
    ----------
    agreements : mapping of file to AgreementSpec

    Returns
    -------
    problems : list of LeadmlError
        `named_twice` for a version, and `overlapping_agreements`. An agreement without `valid_to` holds until the
        next one begins, so it overlaps only one that begins on the same day.
    """
    problems, seen = [], set()
    for file, agreement in agreements.items():
        if agreement.version in seen:
            problems.append(LeadmlError("named_twice", where=f"{file}, version", name=agreement.version))
        seen.add(agreement.version)
    in_order = sorted(agreements.items(), key=lambda item: item[1].valid_from)
    for number, (later_file, after) in enumerate(in_order):
        for file, before in in_order[:number]:
            last = before.valid_to or before.valid_from
            if last < after.valid_from:
                continue
            problems.append(
                LeadmlError(
                    "overlapping_agreements",
                    where=f"{later_file}, valid_from",
                    version=before.version,
                    file=file,
                    other=after.version,
                    begins=after.valid_from,
                    last=last,
                )
            )
    return problems


def _left_out(spec: ProjectSpec, names: list[str]) -> list[LeadmlError]:
    """Check that what is left out is there, and that no rule inside the model needs it."""
    problems = []
    ruled = {feature: rule.name for rule in spec.rules.rules for feature in rule.features}
    for number, name in enumerate(spec.readiness.leave_out):
        where = f"models/readiness.yaml, leave_out[{number}]"
        if name not in names:
            known = known_words(names)
            problems.append(LeadmlError("unknown_word", where=where, word=name, known=known, hint=nearest(name, names)))
        elif name in ruled:
            problems.append(LeadmlError("left_out_in_rule", where=where, feature=name, rule=ruled[name]))
    if names and set(names) <= set(spec.readiness.leave_out):
        problems.append(LeadmlError("all_left_out", where="models/readiness.yaml, leave_out"))
    return problems


def fingerprint(content: object) -> str:
    """Hash plain content, so that two runs can tell whether they used the same.

    Parameters
    ----------
    content : JSON-like
        Dicts are compared by key, not by order of writing.

    Returns
    -------
    fingerprint : str
        The first 16 hexadecimal digits of SHA-256.

    Examples
    --------
    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def meaning_of(definitions: DefinitionsSpec) -> str:
    """Fingerprint what the definitions mean: two that differ only in labels mean the same.

    Parameters
    ----------
    definitions : DefinitionsSpec

    Returns
    -------
    fingerprint : str
        Keys that are not set do not count, so that a new optional key changes no old agreement; nor do those that
        no model learns from (`NOT_LEARNED`, and all but the policy of a return reason);
        the order of stages, statuses and personas does.
    """
    return fingerprint(_meaning(definitions))


def _meaning(node: object) -> object:
    if isinstance(node, Label):
        return None
    if isinstance(node, ReturnReasonSpec):
        return node.policy
    if isinstance(node, BaseModel):
        return [[name, _meaning(value)] for name, value in node if value is not None and name not in NOT_LEARNED]
    if isinstance(node, dict):
        return [[name, _meaning(value)] for name, value in node.items()]
    return [_meaning(value) for value in node] if isinstance(node, tuple) else node
