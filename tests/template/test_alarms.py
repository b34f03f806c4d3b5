"""What rings, when, and that somebody is told what to do then."""

from typing import Any, get_args

import pytest

from devcloud.intrinsics import parse
from devcloud.template import read_template
from falaai.metrics import Metric
from tests.support.paths import ROOT

TEMPLATE = read_template(ROOT / "template.yaml")
RESOURCES = parse((ROOT / "template.yaml").read_text())["Resources"]
ALARMS: dict[str, dict[str, Any]] = {
    name: one["Properties"] for name, one in RESOURCES.items() if one["Type"] == "AWS::CloudWatch::Alarm"
}


def test_every_alarm_has_an_action_and_a_description() -> None:
    for name, alarm in ALARMS.items():
        assert "AlarmTopic" in str(alarm["AlarmActions"]), name
        assert alarm["AlarmDescription"].endswith("."), name


@pytest.mark.parametrize("function", ["AuthFunction", "ChatFunction", "ChatStreamFunction"])
def test_slowness_rings_while_a_fifth_of_the_time_is_left(function: str) -> None:
    alarm = ALARMS[function.replace("Function", "SlowAlarm")]
    assert (alarm["MetricName"], alarm["ExtendedStatistic"]) == ("Duration", "p95")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]
    assert alarm["Threshold"] == TEMPLATE.functions[function].timeout * 800


def test_throttles_of_every_function_ring() -> None:
    watched = str(ALARMS["ThrottleAlarm"]["Metrics"])
    assert [name for name in TEMPLATE.functions if f"'Ref': '{name}'" not in watched] == []


def test_every_queue_rings_when_its_oldest_message_waits() -> None:
    watched = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"]
        for alarm in ALARMS.values()
        if alarm.get("MetricName") == "ApproximateAgeOfOldestMessage"
    }
    assert watched == {f"{trigger.queue}.QueueName" for trigger in TEMPLATE.queue_triggers}


def test_missing_cleanup_raises_an_alarm_after_26_hours() -> None:
    alarm = ALARMS["CleanupSilentAlarm"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 26 * 3600
    # An invocation that never was is a missing number, not a zero.
    assert (alarm["TreatMissingData"], alarm["ComparisonOperator"]) == ("breaching", "LessThanThreshold")


def test_every_count_of_ours_rings_and_nothing_rings_that_is_not_counted() -> None:
    ours = [alarm for alarm in ALARMS.values() if alarm.get("Namespace") == {"Ref": "AWS::StackName"}]
    assert sorted(alarm["MetricName"] for alarm in ours) == sorted(get_args(Metric))
    assert all(alarm["Dimensions"] == [{"Name": "service", "Value": "falaai"}] for alarm in ours)


def test_dashboard_shows_every_count_of_ours() -> None:
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert [metric for metric in get_args(Metric) if metric not in body] == []
