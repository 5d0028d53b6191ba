"""How good a score is: ranking, lift and honesty of the chance, each with its interval, by age, period and segment."""

from leadml.evaluate.fairness import Treatment, in_top_share, treatment
from leadml.evaluate.gains import log_losses, mean_of_ages
from leadml.evaluate.judging import (
    MEAN_OF_AGES,
    METRICS,
    WITHIN_DAY,
    Figure,
    Measures,
    MetricName,
    Scores,
    Verdict,
    judge,
)
from leadml.evaluate.metrics import (
    TOP_SHARE,
    auc,
    auc_within_days,
    average_precision,
    brier,
    calibration_slope,
    debiased_calibration_error,
    lift_at,
    log_loss,
    precision_at,
    spiegelhalter_z,
)
from leadml.evaluate.reliability import ReliabilityPoint, reliability
from leadml.evaluate.segments import FEWEST_READY, Groups, Segment, by_segment

__all__ = [
    "FEWEST_READY",
    "MEAN_OF_AGES",
    "METRICS",
    "TOP_SHARE",
    "WITHIN_DAY",
    "Figure",
    "Groups",
    "Measures",
    "MetricName",
    "ReliabilityPoint",
    "Scores",
    "Segment",
    "Treatment",
    "Verdict",
    "auc",
    "auc_within_days",
    "average_precision",
    "brier",
    "by_segment",
    "calibration_slope",
    "debiased_calibration_error",
    "in_top_share",
    "judge",
    "lift_at",
    "log_loss",
    "log_losses",
    "mean_of_ages",
    "precision_at",
    "reliability",
    "spiegelhalter_z",
    "treatment",
]
