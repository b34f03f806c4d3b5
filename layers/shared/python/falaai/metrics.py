"""Counts for the operator, written into the log in CloudWatch's embedded metric format: numbers, and about nobody."""

from typing import Literal

from falaai import settings

Metric = Literal["GeminiErrors", "GeminiModelWithdrawn", "GeminiParameterRefused", "DailyCeilingReached"]
# One series for each metric, whichever function writes it: an alarm watches one series.
_EVERY_FUNCTION = {"service": "falaai"}


def count(metric: Metric) -> None:
    """One more."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    namespace = settings.read(settings.MetricsSettings).powertools_metrics_namespace
    one = single_metric(metric, MetricUnit.Count, 1, namespace=namespace, default_dimensions=_EVERY_FUNCTION)
    with one:
        pass
