"""The sending half of an SMS gateway: takes {"to", "text", "reference"} as JSON and counts what it took.

    gateway = SmsGateway()
    gateway.url                  what goes into send_url
    gateway.taken                [(to, text, reference), ...], each counted before it is answered
    gateway.answer = function    of a reference: the HTTP status, whenever it cares to return it

This is a real HTTP server on loopback; it stands for the provider, which no test can call.
"""

import http.server
import json
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        text = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        status = self.server.gateway.take(text["to"], text["text"], text["reference"])
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A sender that was killed hangs up in the middle of it."""


class SmsGateway:
    def __init__(self):
        self.taken = []
        self.answer = lambda reference: 200
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.gateway = self
        self.url = f"http://127.0.0.1:{self.server.server_port}/send"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def take(self, to, text, reference):
        self.taken.append((to, text, reference))
        return self.answer(reference)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
