# SPDX-License-Identifier: BSD-3-Clause
"""Programs that experiments start, and where Debian keeps those that not every lab needs."""
import shutil

from laboratory.wrong import Refused

PACKAGES = {"gtlsclient": "ngtcp2-client", "gtlsserver": "ngtcp2-server", "openvpn": "openvpn",
            "ss-local": "shadowsocks-libev", "ss-server": "shadowsocks-libev",
            "turnserver": "coturn", "turnutils_peer": "coturn", "turnutils_uclient": "coturn",
            "wg": "wireguard-tools", "wireguard-go": "wireguard-go"}


def need(*names):
    for name in names:
        if not shutil.which(name):
            raise Refused("there is no program %s%s" % (
                name, "; apt-get install " + PACKAGES[name] if name in PACKAGES else ""))
