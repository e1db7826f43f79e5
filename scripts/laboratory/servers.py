# SPDX-License-Identifier: BSD-3-Clause
"""The servers of a lab: nginx for every name, iperf3 a port an entry of the traffic."""
import shutil
import signal
import time

from laboratory import spaces
from laboratory.wrong import Refused

HTTP, IPERF = 80, 5201
TLS_PORTS = {"1.2": 4432, "1.3": 443}  # 443 takes both
NGINX = """\
daemon off; master_process off; worker_processes 1; pid {work}/nginx.pid;
error_log {work}/nginx.log; events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; keepalive_timeout 5; client_max_body_size 0;
  client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
  uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  ssl_certificate {work}/lab.crt; ssl_certificate_key {work}/lab.key;
  server {{
    listen 80; listen [::]:80;
    listen 443 ssl http2; listen [::]:443 ssl http2;
    ssl_protocols TLSv1.2 TLSv1.3; root {work}/www;
    location /up {{ proxy_pass http://127.0.0.1:8080/; }}
  }}
  server {{
    listen 4432 ssl http2; ssl_protocols TLSv1.2; root {work}/www;
    location /up {{ proxy_pass http://127.0.0.1:8080/; }}
  }}
  server {{ listen 127.0.0.1:8080; return 204; }}
}}
"""
WEB, IPERFS = ("download", "upload"), ("tcp", "udp")


def certificate(space):
    """For any name: the clients of a lab do not check it."""
    space.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
              "-nodes", "-days", "30", "-subj", "/CN=lab", "-keyout", spaces.WORK / "lab.key",
              "-out", spaces.WORK / "lab.crt")


def listening(space, port):
    return space.run("ss", "-Hltn", "sport = :%d" % port).strip()


class Servers:
    """Started for the traffic that is wanted, and ended with the context."""

    def __init__(self, network, traffic):
        self.space, self.processes = network.server, []
        self.kinds = {entry["do"] for entry in traffic}
        self.ports = {entry["id"]: IPERF + number for number, entry in enumerate(traffic)
                      if entry["do"] in IPERFS}

    def start(self, port, *words):
        if not shutil.which(words[0]):
            raise Refused("there is no program " + words[0])
        log = spaces.WORK / ("server-%d.log" % port)
        with open(log, "wb") as file:
            process = self.space.start(*words, stdout=file, stderr=file)
        self.processes.append(process)
        deadline = time.monotonic() + 15
        while not listening(self.space, port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Refused("%s does not start: %s" % (words[0], log.read_text().strip()))
            time.sleep(0.05)

    def web(self, traffic):
        www = spaces.WORK / "www"
        www.mkdir(exist_ok=True)
        for entry in traffic:
            if entry["do"] in WEB:
                (www / str(int(entry["size"]))).write_bytes(b"sluice\n" * (int(entry["size"]) // 7)
                                                            + b"." * (int(entry["size"]) % 7))
        certificate(self.space)
        conf = spaces.WORK / "nginx.conf"
        conf.write_text(NGINX.format(work=spaces.WORK), encoding="utf-8")
        self.start(HTTP, "nginx", "-e", spaces.WORK / "nginx.log", "-c", conf, "-g", "user root;")

    def begin(self, traffic):
        if self.kinds & set(WEB):
            self.web(traffic)
        for port in self.ports.values():
            self.start(port, "iperf3", "-s", "-p", port)
        return self

    def end(self):
        for process in self.processes:
            spaces.end(process, signal.SIGKILL)
        self.processes = []
