"""What Terraform and the launcher ask of AWS and the emulator does not know or forgets. Everything else is handed on to it.

Usage: emulator_gaps.py EMULATOR_URL   (prints its own URL, then serves until it is stopped)

API Gateway (AWS_ENDPOINT_URL_APIGATEWAYV2): VPC links, and which of them an integration goes through.
CloudWatch (AWS_ENDPOINT_URL_CLOUDWATCH): all that an alarm was made with, not just its name.
ECS: tasks that are told to stop, see emulator_stops.py.
"""

import http.client
import json
import re
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

import emulator_stops

Answer = tuple[int, str, bytes]

# What names the operation of the services that speak JSON.
TARGET = "x-amz-target"
LINKS = re.compile(r"/v2/vpclinks/?([^/]*)")
INTEGRATIONS = re.compile(r"/v2/apis/[^/]+/integrations/?([^/]*)")

links: dict[str, dict] = {}
connections: dict[str, str] = {}
alarms: dict[str, dict] = {}


def as_json(status: int, said: dict) -> Answer:
    return status, "application/json", json.dumps(said).encode()


def vpc_link(method: str, link: str, body: bytes) -> Answer:
    if method == "POST":
        asked = json.loads(body)
        made = {
            "vpcLinkId": uuid.uuid4().hex[:10],
            "createdDate": "2026-01-01T00:00:00Z",
            "vpcLinkStatus": "AVAILABLE",
            "vpcLinkVersion": "V2",
        }
        links[made["vpcLinkId"]] = asked | made
        return as_json(201, asked | made)
    if not link:
        return as_json(200, {"items": list(links.values())})
    if link not in links:
        return as_json(404, {"__type": "NotFoundException", "message": f"Invalid VpcLink identifier specified {link}"})
    if method == "DELETE":
        del links[link]
        return as_json(202, {})
    return as_json(200, links[link])


def integration(asked: bytes, answer: Answer) -> Answer:
    """The emulator's answer, and with it the connection that was asked for."""
    status, _, content = answer
    if status >= 300 or not content:
        return answer
    said = json.loads(content)
    wanted = json.loads(asked or b"{}").get("connectionId")
    if wanted:
        connections[said["integrationId"]] = wanted
    return as_json(status, said | {"connectionId": connections.get(said.get("integrationId", ""))})


def tree(form: dict[str, str]) -> dict:
    """What the dotted names of a form mean: {"Metrics": {"member": {"1": {"Id": "high"}}}}."""
    root: dict = {}
    for name, value in form.items():
        *above, last = name.split(".")
        place = root
        for part in above:
            place = place.setdefault(part, {})
        place[last] = value
    return root


def xml(said: dict) -> str:
    def element(name: str, value: dict | str) -> str:
        if isinstance(value, str):
            return f"<{name}>{escape(value)}</{name}>"
        if set(value) == {"member"}:
            ordered = sorted(value["member"].items(), key=lambda pair: int(pair[0]))
            return f"<{name}>{''.join(element('member', each) for _, each in ordered)}</{name}>"
        return f"<{name}>{xml(value)}</{name}>"

    return "".join(element(name, value) for name, value in said.items())


def named(form: dict[str, str]) -> list[str]:
    return [value for name, value in form.items() if name.startswith("AlarmNames.member.")]


def described(form: dict[str, str]) -> Answer:
    names = named(form)
    found = [alarm for name, alarm in alarms.items() if not names or name in names]
    members = "".join(f"<member>{xml(alarm)}</member>" for alarm in found)
    result = f"<DescribeAlarmsResult><MetricAlarms>{members}</MetricAlarms></DescribeAlarmsResult>"
    space = "http://monitoring.amazonaws.com/doc/2010-08-01/"
    return 200, "text/xml", f'<DescribeAlarmsResponse xmlns="{space}">{result}</DescribeAlarmsResponse>'.encode()


def remember(form: dict[str, str]) -> None:
    name = form["AlarmName"]
    arn = f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"
    state = {"AlarmArn": arn, "StateValue": "INSUFFICIENT_DATA"}
    wanted = {key: value for key, value in tree(form).items() if key not in ("Action", "Version", "Tags")}
    alarms[name] = {"ActionsEnabled": "true"} | wanted | state


def forget(form: dict[str, str]) -> None:
    for name in named(form):
        alarms.pop(name, None)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urlsplit(self.path).path
        if found := LINKS.fullmatch(path):
            return self.reply(vpc_link(self.command, found[1], body))
        if INTEGRATIONS.fullmatch(path):
            return self.reply(integration(body, self.emulator(body)))
        if said := emulator_stops.mended(self.headers.get(TARGET, ""), body, self.ask):
            return self.reply(as_json(*said))
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if form.get("Action") == "DescribeAlarms":
            return self.reply(described(form))
        answer = self.emulator(body)
        if form.get("Action") == "PutMetricAlarm" and answer[0] == 200:
            remember(form)
        if form.get("Action") == "DeleteAlarms" and answer[0] == 200:
            forget(form)
        return self.reply(answer)

    def ask(self, operation: str, asked: dict) -> tuple[int, dict]:
        """The same service for something else."""
        service = self.headers[TARGET].split(".")[0]
        body = json.dumps(asked).encode()
        changed = {TARGET: f"{service}.{operation}", "content-length": str(len(body))}
        status, _, content = self.emulator(body, changed)
        return status, json.loads(content)

    def emulator(self, body: bytes, changed: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=60)
        headers = {name.lower(): value for name, value in self.headers.items()}
        connection.request(self.command, self.path, body, headers | (changed or {}))
        said = connection.getresponse()
        return said.status, said.getheader("content-type", "application/json"), said.read()

    def reply(self, answer: Answer) -> None:
        status, kind, content = answer
        self.send_response_only(status)
        self.send_header("content-type", kind)
        if status != 204:
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def log_message(self, *_: object) -> None:
        """Silence: whoever asked says what went wrong."""


upstream = urlsplit(sys.argv[1])
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
