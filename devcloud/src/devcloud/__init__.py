"""Run an AWS SAM template on one machine: functions, API, queues, schedules, buckets and a database.

devcloud is a development tool; deployed code never imports it. It contains nothing specific to one product: all
settings come from the template and from `[tool.devcloud]` in pyproject.toml.
"""
