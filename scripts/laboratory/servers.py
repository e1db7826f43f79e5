# SPDX-License-Identifier: BSD-3-Clause
"""The servers of a lab: nginx for every name, iperf3 and gtlsserver a port an entry of the traffic,
turnserver with an echo behind it."""
import signal
import time

from laboratory import programs, spaces, tunnels
from laboratory.wrong import Refused

HTTP, IPERF, QUIC, TURN, ECHO = 80, 5201, 443, 3478, 3480
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
FILES = *WEB, "quic"
TURN_USER, TURN_PASSWORD = "lab", "lab"


def certificate(space):
    """For any name: the clients of a lab do not check it."""
    space.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
              "-nodes", "-days", "30", "-subj", "/CN=lab", "-keyout", spaces.WORK / "lab.key",
              "-out", spaces.WORK / "lab.crt")


class Servers:
    """Started for the traffic that is wanted, and ended with the context."""

    def __init__(self, network, traffic):
        self.space, self.host, self.processes = network.server, network.host("server"), []
        self.kinds = {entry["do"] for entry in traffic}
        self.ports = {entry["id"]: IPERF + number for number, entry in enumerate(traffic)
                      if entry["do"] in IPERFS}
        quic = [entry["id"] for entry in traffic if entry["do"] == "quic"]
        self.ports.update({name: QUIC + number for number, name in enumerate(quic)})

    def flow(self, entry):
        """(protocol, server port) of what the box sees of it; None when others have the same."""
        if "through" in entry:
            return tunnels.flow(entry)
        if entry["do"] == "turn":
            return "udp", TURN
        if entry["id"] in self.ports:
            return "udp" if entry["do"] == "quic" else entry["do"], self.ports[entry["id"]]
        return None

    def start(self, port, *words, proto="tcp"):
        programs.need(words[0])
        log = spaces.WORK / ("server-%d.log" % port)
        with open(log, "wb") as file:
            process = self.space.start(*words, stdout=file, stderr=file)
        self.processes.append(process)
        deadline = time.monotonic() + 15
        while not self.space.listens(port, proto):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Refused("%s does not start: %s" % (words[0], log.read_text().strip()))
            time.sleep(0.05)

    def files(self, traffic):
        www = spaces.WORK / "www"
        www.mkdir(exist_ok=True)
        for entry in traffic:
            if entry["do"] in FILES:
                (www / str(int(entry["size"]))).write_bytes(b"sluice\n" * (int(entry["size"]) // 7)
                                                            + b"." * (int(entry["size"]) % 7))

    def web(self):
        conf = spaces.WORK / "nginx.conf"
        conf.write_text(NGINX.format(work=spaces.WORK), encoding="utf-8")
        self.start(HTTP, "nginx", "-e", spaces.WORK / "nginx.log", "-c", conf, "-g", "user root;")

    def begin(self, traffic):
        certificate(self.space)
        self.files(traffic)
        if "quic" in self.kinds:  # whose client sends no name when it is given an address
            spaces.name_hosts(self.host, {entry["name"] for entry in traffic if "name" in entry})
        if self.kinds & set(WEB):
            self.web()
        for entry in traffic:
            port = self.ports.get(entry["id"])
            if entry["do"] in IPERFS:
                self.start(port, "iperf3", "-s", "-p", port)
            elif entry["do"] == "quic":
                self.start(port, "gtlsserver", "-q", "-d", spaces.WORK / "www",
                           self.host, port, spaces.WORK / "lab.key", spaces.WORK / "lab.crt",
                           proto="udp")
        if "turn" in self.kinds:
            self.turn()
        return self

    def turn(self):
        self.start(ECHO, "turnutils_peer", "-L", self.host, "-p", ECHO, proto="udp")
        self.start(TURN, "turnserver", "-n", "--listening-ip", self.host, "--relay-ip", self.host,
                   "--lt-cred-mech", "-u", "%s:%s" % (TURN_USER, TURN_PASSWORD), "-r", "lab",
                   "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout", "--simple-log",
                   "--pidfile", spaces.WORK / "turn.pid", "--userdb", spaces.WORK / "turn.db",
                   proto="udp")

    def end(self):
        for process in self.processes:
            spaces.end(process, signal.SIGKILL)
        self.processes = []
