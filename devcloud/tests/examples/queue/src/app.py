"""Function of the example: stores each message of the queue as an object, named by the message's id."""

import os

import boto3


def handler(event, _context):
    s3 = boto3.client("s3")
    for record in event["Records"]:
        s3.put_object(Bucket=os.environ["BUCKET"], Key=record["messageId"], Body=record["body"].encode())
