"""lego's autodns provider against a JSON API: python lego.py ENDPOINT

lego asks its authority for a certificate; here that is a stub, which offers a challenge and then finds it unanswered: lego has published
the record by then, and removes it again. Prints a line a call: ok or WRONG, the call, what came of it, with tabs between."""

import base64
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import urllib.request

endpoint = sys.argv[1]
seen = []


def records():
    """The names of the TXT records in the zone."""
    request = urllib.request.Request(f"{endpoint}/zone/example.com/ns1.dns.example")
    request.add_header("Authorization", "Basic " + base64.b64encode(b"user:password").decode())
    request.add_header("X-Domainrobot-Context", "9")
    rows = json.load(urllib.request.urlopen(request, timeout=30))["data"][0].get("resourceRecords", [])
    return [row.get("name") for row in rows if row["type"] == "TXT"]


class Authority(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body, place=None):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Replay-Nonce", "bm9uY2U")
        if place:
            self.send_header("Location", place)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def do_GET(self):
        here = f"http://127.0.0.1:{self.server.server_port}"
        name = {"type": "dns", "value": "www.example.com"}
        challenge = {"type": "dns-01", "url": f"{here}/challenge", "token": "dG9rZW4", "status": "pending"}
        route = self.path.strip("/")
        if route == "directory":
            routes = ["newNonce", "newAccount", "newOrder", "revokeCert", "keyChange"]
            self.answer(200, {route: f"{here}/{route}" for route in routes})
        elif route == "newAccount":
            self.answer(201, {"status": "valid"}, f"{here}/account")
        elif route == "newOrder":
            order = {"status": "pending", "identifiers": [name], "authorizations": [f"{here}/authz"]}
            self.answer(201, {**order, "finalize": f"{here}/finalize"}, f"{here}/order")
        elif route == "authz":
            self.answer(200, {"status": "pending", "identifier": name, "challenges": [challenge]})
        elif route == "challenge":
            # lego has published the record.
            seen.append(records())
            self.answer(200, {**challenge, "status": "invalid", "error": {"type": "dns", "detail": "the end of the play"}})
        else:
            self.answer(200, {})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Authority)
threading.Thread(target=server.serve_forever, daemon=True).start()
environment = dict(os.environ, AUTODNS_API_USER="user", AUTODNS_API_PASSWORD="password", AUTODNS_CONTEXT="9")
environment["AUTODNS_ENDPOINT"] = endpoint + "/"
with tempfile.TemporaryDirectory() as folder:
    command = ["lego", "--server", f"http://127.0.0.1:{server.server_port}/directory", "--email", "a@example.com", "--accept-tos"]
    command += ["--path", folder, "--dns", "autodns", "--dns.disable-cp", "--domains", "www.example.com", "run"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
said = " ".join((ended.stdout + ended.stderr).split())[-300:]
published = "_acme-challenge.www" in sum(seen, [])
print("ok" if published else "WRONG", "the record is published", seen if published else said, sep="\t")
left = [name for name in records() if name and name.startswith("_acme-challenge")]
print("ok" if not left else "WRONG", "the record is removed", left or "none is left", sep="\t")
