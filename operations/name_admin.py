"""Give the account with the address EMAIL the role of an operator: python -m operations.name_admin EMAIL

The account must be registered and confirmed. The admin function does it, so this machine needs no access to the
database, only the permission to invoke the function.
"""

import json
import sys

from operations.stack import client, physical_id


def main(email: str) -> int:
    name = physical_id("AdminFunction")
    answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps({"admin_email": email}))
    result = json.load(answer["Payload"])
    if "FunctionError" in answer:
        print(f"admin: {result.get('errorMessage', 'failed')}", file=sys.stderr)
        return 1
    if not result["named"]:
        print("admin: no confirmed account has this address; register it first", file=sys.stderr)
        return 1
    print("admin: done. The account sees the link Administração in its profile")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit("admin: give the address of a confirmed account: make admin EMAIL=ana@example.org")
    sys.exit(main(sys.argv[1]))
