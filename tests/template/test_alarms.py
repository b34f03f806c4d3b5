"""Which alarms there are, when they fire, and what they tell the operator to do."""

import json
import re
from typing import Any, get_args

import pytest

from devcloud.template import read_template
from falaai.metrics import Metric
from tests.support.paths import ROOT
from tests.support.translation import alarms, monitoring, translate

TEMPLATE = read_template(ROOT / "template.yaml")
ALARMS: dict[str, dict[str, Any]] = {name: one["Properties"] for name, one in alarms().items()}
QUEUES = [queue.logical_id for queue in TEMPLATE.queues]


def watched(alarm: dict[str, Any]) -> str:
    """Return the logical id of the function or queue that an alarm watches."""
    return str(alarm["Dimensions"][0]["Value"]["Ref"])


def text(alarm: dict[str, Any]) -> str:
    description = alarm["AlarmDescription"]
    return str(description["Fn::Sub"] if isinstance(description, dict) else description)


def test_every_alarm_notifies_the_topic() -> None:
    for name, alarm in ALARMS.items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name


def test_every_alarm_says_from_which_number_on_it_fires_and_what_to_do_first() -> None:
    for name, alarm in ALARMS.items():
        first, *rest = re.split(r"(?<=[.;]) ", text(alarm))
        assert re.search(r"\d|an hour|have reached DailyCeiling|no longer exists", first), name
        assert re.search(r"(Look|Open|Compare|Update|Find out)", " ".join(rest)), name
        assert text(alarm).endswith("."), name


def test_monitoring_gets_the_name_of_every_resource_that_it_watches() -> None:
    given = translate()["Resources"]["Monitoring"]["Properties"]["Parameters"]
    assert set(given) == set(monitoring()["Parameters"])
    for name in TEMPLATE.functions:
        assert {"Ref": name} in (given[name], given[name].get("Fn::If", [0, 0])[1])
    assert {name: given[name] for name in QUEUES} == {name: {"Fn::GetAtt": [name, "QueueName"]} for name in QUEUES}


@pytest.mark.parametrize(
    "function", ["AuthFunction", "AdminFunction", "ChatFunction", "AttachmentsFunction", "ChatStreamFunction"]
)
def test_slow_alarm_fires_when_p95_is_four_fifths_of_the_timeout(function: str) -> None:
    alarm = ALARMS[function.replace("Function", "SlowAlarm")]
    timeout = TEMPLATE.functions[function].timeout
    assert (alarm["MetricName"], alarm["ExtendedStatistic"], watched(alarm)) == ("Duration", "p95", function)
    assert alarm["Threshold"] == timeout * 800
    assert f"{timeout * 0.8:g} s or more for 15 minutes; it times out at {timeout:g} s" in text(alarm)


def test_throttles_of_every_function_fire_one_alarm() -> None:
    metrics = str(ALARMS["ThrottleAlarm"]["Metrics"])
    assert [name for name in TEMPLATE.functions if f"'Ref': '{name}'" not in metrics] == []


@pytest.mark.parametrize("name", TEMPLATE.functions)
def test_every_function_has_an_alarm_on_errors(name: str) -> None:
    (alarm,) = [one for one in ALARMS.values() if one.get("MetricName") == "Errors" and watched(one) == name]
    assert (alarm["Threshold"], alarm["Statistic"]) == (1, "Sum")


@pytest.mark.parametrize("trigger", TEMPLATE.queue_triggers, ids=lambda trigger: trigger.queue)
def test_every_queue_has_an_alarm_on_the_age_of_its_oldest_message(trigger: Any) -> None:
    (alarm,) = [
        one
        for one in ALARMS.values()
        if one.get("MetricName") == "ApproximateAgeOfOldestMessage" and watched(one) == trigger.queue
    ]
    waits = {900: "15 minutes", 3600: "an hour", 7200: "2 hours"}
    assert f"has waited for {waits[int(alarm['Threshold'])]} or longer" in text(alarm)


@pytest.mark.parametrize("name", [name for name in QUEUES if name.endswith("DeadLetterQueue")])
def test_every_dead_letter_queue_has_an_alarm(name: str) -> None:
    (alarm,) = [
        one
        for one in ALARMS.values()
        if one.get("MetricName") == "ApproximateNumberOfMessagesVisible" and watched(one) == name
    ]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")


def test_alarm_fires_when_no_cleanup_finishes_for_26_hours() -> None:
    alarm = ALARMS["CleanupSilentAlarm"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 26 * 3600
    # Not its invocations: a preview or a message would count too.
    assert alarm["MetricName"] == "CleanupFinished"
    # A cleanup that never was is a missing number, not a zero.
    assert (alarm["TreatMissingData"], alarm["ComparisonOperator"]) == ("breaching", "LessThanThreshold")


def test_custom_metrics_and_their_alarms_are_the_same() -> None:
    ours = [alarm for alarm in ALARMS.values() if alarm.get("Namespace") == {"Ref": "Product"}]
    assert sorted(alarm["MetricName"] for alarm in ours) == sorted(get_args(Metric))
    assert all(alarm["Dimensions"] == [{"Name": "service", "Value": "falaai"}] for alarm in ours)


def test_few_alarms_cost_nothing_and_miss_no_failure() -> None:
    """Ten metrics are free. Failures end at the gateway, in a dead-letter queue or as a missing cleanup."""
    conditions = {name: one.get("Condition", "") for name, one in alarms().items()}
    few = {name for name, condition in conditions.items() if not condition.startswith("All")}
    assert sum(len(ALARMS[name].get("Metrics", [name])) for name in few) <= 10
    assert few >= {
        "GatewayErrorAlarm",
        "ChatStreamErrorAlarm",
        "CleanupSilentAlarm",
        "GeminiErrorAlarm",
        "DailyCeilingAlarm",
    }
    assert few >= {f"{queue}DeadLetterAlarm" for queue in ("Titles", "Memory", "Email", "Export", "Cleanup")}


def test_budget_is_an_option_and_notifies_at_80_and_100_percent() -> None:
    template = monitoring()
    alarm_email = template["Resources"]["AlarmTopic"]["Properties"]["Subscription"][0]["Endpoint"]
    assert translate()["Parameters"]["MonthlyBudget"]["Default"] == 0
    budget = template["Resources"]["Budget"]
    assert budget["Condition"] == "HasBudget"
    assert template["Conditions"]["HasBudget"] == {
        "Fn::And": [{"Condition": "HasAlarmEmail"}, {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudget"}, "0"]}]}]
    }
    properties = budget["Properties"]
    assert properties["Budget"]["BudgetLimit"] == {"Amount": {"Ref": "MonthlyBudget"}, "Unit": "USD"}
    for entry, percent in zip(properties["NotificationsWithSubscribers"], (80, 100), strict=True):
        assert (entry["Notification"]["NotificationType"], entry["Notification"]["Threshold"]) == ("ACTUAL", percent)
        (subscriber,) = entry["Subscribers"]
        assert (subscriber["SubscriptionType"], subscriber["Address"]) == ("EMAIL", alarm_email)


def test_dashboard_shows_every_custom_metric() -> None:
    body = json.dumps(monitoring()["Resources"]["Dashboard"]["Properties"]["DashboardBody"])
    assert [metric for metric in get_args(Metric) if metric not in body] == []


STACK = "falaai-prod"
# Metrics that AWS emits for what this stack uses, and our own: the names of their dimensions.
EMITTED = {
    **{("AWS/ApiGateway", name): {"ApiName", "Stage"} for name in ("Count", "4XXError", "5XXError")},
    **{
        ("AWS/Lambda", name): {"FunctionName"}
        for name in ("Invocations", "Duration", "Errors", "Throttles", "ConcurrentExecutions")
    },
    **{
        ("AWS/SQS", name): {"QueueName"}
        for name in ("ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible")
    },
    **{("Product", name): {"service"} for name in get_args(Metric)},
}


def tokens(text: str) -> list[str]:
    """Split as CloudWatch's SEARCH does: at punctuation and before capitals."""
    return [token.lower() for token in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", text)]


def found(expression: str, function: str) -> bool:
    """Tell whether SEARCH('{AWS/Lambda,FunctionName} MetricName="M" TERM', …) finds the metric M of a function."""
    schema, metric, term = re.fullmatch(r"SEARCH\('\{(.*)\} MetricName=\"(\w+)\" (.*?)', .*\)", expression).groups()  # type: ignore[union-attr]
    namespace, dimension = schema.split(",")
    if EMITTED.get((namespace, metric)) != {dimension}:
        return False
    if term.startswith('"'):  # in quotes a term matches only a whole name
        return bool(term.strip('"') == function)
    return set(tokens(term)) <= set(tokens(function))


def dashboard() -> list[dict[str, Any]]:
    body = monitoring()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    text = str(body["Fn::Sub"] if isinstance(body, dict) else body)
    filled = re.sub(r"\$\{(\w+)\}", lambda match: STACK if match[1] == "Product" else match[1], text)
    return list(json.loads(filled.replace("${AWS::Region}", "us-east-1"))["widgets"])


def test_every_search_of_the_dashboard_finds_the_functions_of_this_stack() -> None:
    searches = [
        one for widget in dashboard() for one in re.findall(r"SEARCH\(.*?\)", str(widget).replace("\\'", "'"))
    ]
    assert len(searches) == 4
    for search in searches:
        for function in TEMPLATE.functions:
            assert found(search, f"{STACK}-{function}-1a2B3c4D5e6F"), search
        assert not found(search, "other-AuthFunction-1a2B3c4D5e6F"), search


def test_search_in_quotes_would_find_nothing() -> None:
    search = f"SEARCH('{{AWS/Lambda,FunctionName}} MetricName=\"Errors\" \"{STACK}\"', 'Sum', 300)"
    assert not found(search, f"{STACK}-AuthFunction-1a2B3c4D5e6F")


def test_every_metric_of_the_dashboard_is_emitted_with_its_dimensions() -> None:
    seen = 0
    for widget in dashboard():
        before: list[str] = []
        for row in widget["properties"]["metrics"]:
            if isinstance(row[0], dict):
                continue
            # "..." repeats the row before up to the last values, "." one value of it.
            row = before[: len(before) - len(row) + 1] + row[1:] if row[0] == "..." else row
            row = [before[place] if value == "." else value for place, value in enumerate(row)]
            namespace, name, *dimensions = before = row
            assert EMITTED["Product" if namespace == STACK else namespace, name] == set(dimensions[::2]), row
            seen += 1
    assert seen >= 10


def test_every_alarm_watches_a_metric_that_is_emitted_with_its_dimensions() -> None:
    for name, alarm in ALARMS.items():
        metrics = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one] or [alarm]
        for metric in metrics:
            namespace = "Product" if metric["Namespace"] == {"Ref": "Product"} else metric["Namespace"]
            dimensions = {dimension["Name"] for dimension in metric["Dimensions"]}
            assert EMITTED[namespace, metric["MetricName"]] == dimensions, name
