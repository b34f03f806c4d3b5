"""Parts of responses that differ between equal requests."""

VARYING = {"date", "x-amzn-requestid", "x-amz-apigw-id"}
