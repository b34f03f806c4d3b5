"""Service of the test project: answers with its data folder or its process id. python notes.py HOST PORT DATA"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Notes(BaseHTTPRequestHandler):
    def do_GET(self):
        answer = {"pid": os.getpid()} if self.path == "/pid" else {"folder": sys.argv[3]}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, text, *values):
        print(text % values)


HTTPServer((sys.argv[1], int(sys.argv[2])), Notes).serve_forever()
