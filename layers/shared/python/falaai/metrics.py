"""Metrics for the operator, as log lines in CloudWatch's embedded metric format. They hold no data of users."""

from typing import Literal

from falaai import settings

Metric = Literal[
    "GeminiErrors",
    "GeminiModelWithdrawn",
    "GeminiParameterRefused",
    "DailyCeilingReached",
    "CleanupFinished",
    "CleanupStopped",
]
# All functions write one series per metric, because an alarm watches a single series.
_EVERY_FUNCTION = {"service": "falaai"}


def count(metric: Metric) -> None:
    """Add one to the metric."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    namespace = settings.read(settings.MetricsSettings).powertools_metrics_namespace
    one = single_metric(metric, MetricUnit.Count, 1, namespace=namespace, default_dimensions=_EVERY_FUNCTION)
    with one:
        pass
