"""Reference function: return the message of the request after a requested delay."""

import time

from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel

app = FastAPI()


class Message(BaseModel):
    """A message. `wait` is the delay in seconds, in place of a model's time."""

    message: str
    wait: float = 0


@app.post("/echo")
def echo(said: Message) -> dict[str, str]:
    time.sleep(said.wait)
    return {"response": said.message}


handler = Mangum(app, lifespan="off")
