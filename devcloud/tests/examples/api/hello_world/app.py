"""Function of the example: greets the caller."""

import json


def lambda_handler(event, context):
    name = (event["queryStringParameters"] or {}).get("name", "world")
    return {"statusCode": 200, "body": json.dumps({"message": f"hello {name}", "function": context.function_name})}
