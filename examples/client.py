"""Sign up, confirm the account, send a message and stream a reply: python examples/client.py

Start `make run` in another terminal first; the confirmation email is in its inbox. The environment variables GATEWAY
and INBOX override the default addresses.
"""

import json
import os
import re
import secrets
import time

import httpx

GATEWAY = os.environ.get("GATEWAY", "http://127.0.0.1:8000")
INBOX = os.environ.get("INBOX", "http://127.0.0.1:8025")
email, password = f"visita-{secrets.token_hex(4)}@exemplo.com.br", secrets.token_urlsafe(12)

# Requests that change data must name their origin. A browser does so by itself, a script must set the header.
browser = httpx.Client(base_url=GATEWAY, headers={"Origin": re.match(r"https?://[^/]+", GATEWAY)[0]}, timeout=60)


def confirmation_link() -> str:
    """Wait for the confirmation email. Return the link in it."""
    while True:
        for mail in httpx.get(f"{INBOX}/messages.json").json():
            if mail["to"] == email:
                return re.search(r"http\S+/verify_link/\S+", mail["text"])[0]
        time.sleep(0.2)


form = {"nome": "Visita", "email": email, "senha": password, "termos_registro": True}
print(browser.post("/register", json=form).raise_for_status().json()["message"])
browser.post(confirmation_link(), data={"senha": password})  # also signs in

answer = browser.post("/chat/message", json={"message": "Qual é a capital do Brasil?"}).raise_for_status().json()
print("\n" + answer["response"] + "\n")

question = {"message": "E a da Argentina?", "conversation_id": answer["conversation_id"]}
with browser.stream("POST", "/chat/stream", json=question) as stream:
    for line in stream.iter_lines():
        if line.startswith("data: ") and "text" in (data := json.loads(line.removeprefix("data: "))):
            print(data["text"], end="", flush=True)
print()
