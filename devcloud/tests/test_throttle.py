"""Throttling of the stage with a token bucket, as on API Gateway."""

import httpx

from devcloud.gateway import TokenBucket
from devcloud.template import Throttle


def test_bucket_allows_a_burst_and_then_the_rate():
    bucket = TokenBucket(Throttle(rate=2, burst=3))
    assert [bucket.take_token(100) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take_token(100.4), bucket.take_token(100.5), bucket.take_token(100.6)] == [False, True, False]
    assert [bucket.take_token(1000) for _ in range(4)] == [True, True, True, False], (
        "it never holds more than the burst"
    )


def test_requests_above_the_limit_are_429_in_the_words_of_the_template(project, start):
    template = project / "template.yaml"
    limits = """
      MethodSettings:
        - {ResourcePath: "/*", HttpMethod: "*", ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: !Ref Burst}
"""
    text = template.read_text().replace("      StageName: live\n", f"      StageName: live{limits}")
    template.write_text(text.replace("Parameters:\n", "Parameters:\n  Burst: {Type: Number, Default: 100}\n"))
    cloud = start("--parameter", "Burst=2").wait_until_ready()
    answers = [httpx.get(f"{cloud.addresses['gateway']}/do/tell") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json() == {"message": "Too Many Requests"}
    assert httpx.get(f"{cloud.addresses['gateway']}/nowhere").status_code == 403, "an unknown path takes nothing"


def test_parameter_that_the_template_does_not_have_is_refused(start):
    cloud = start("--parameter", "Nothing=1")
    assert cloud.process.wait(30) == 1
    assert "The template has no parameter Nothing." in cloud.log.read_text()
