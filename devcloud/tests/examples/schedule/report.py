"""Function of the example: prints one line for each run."""

import os


def run(event, context):
    print(f"{event['kind']} for {os.environ['RECIPIENTS']} by {context.function_name}")
    return event
