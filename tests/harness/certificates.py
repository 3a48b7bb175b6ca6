# SPDX-License-Identifier: GPL-2.0-or-later
"""Certificates for tests: roots, certificates between, leaves of every kind; made by openssl(1)."""

import itertools

from .process import run

_serial = itertools.count(1)


class Certificate:
    """A key and who vouches for it. chain: PEM of the certificate and of those between it and the
    root."""

    def __init__(self, folder, name, issuer=None, alternative=None, authority=False, days=30, common=None):
        self.certificate, self.key = folder / f"{name}.crt", folder / f"{name}.key"
        self.issuer, self.path = issuer, folder / f"{name}.pem"
        request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
        lines = [f"basicConstraints=critical,CA:{'TRUE' if authority else 'FALSE'}"]
        if alternative:
            lines.append(f"subjectAltName={alternative}")
        extensions.write_text("\n".join(lines) + "\n")
        subject = f"/CN={common or name}"
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", self.key, "-subj", subject, "-out", request)
        self.key.chmod(0o600)
        signer = ["-signkey", self.key] if issuer is None else ["-CA", issuer.certificate, "-CAkey", issuer.key]
        run("openssl", "x509", "-req", "-in", request, *signer, "-set_serial", str(next(_serial)),
            "-days", str(days), "-extfile", extensions, "-out", self.certificate)  # below 0: over already
        self.chain = self.certificate.read_text()
        if issuer is not None and issuer.issuer is not None:
            self.chain += issuer.chain
        self.path.write_text(self.chain)


def authority(folder, name, issuer=None):
    return Certificate(folder, name, issuer, authority=True)


def profile(number, identity, roots, more=""):
    """Lines of `voice class tls-profile`."""
    lines = [f"certificate {identity.path}", f"private-key {identity.key}", f"ca {roots.certificate}", *more.splitlines()]
    return f"voice class tls-profile {number}\n" + "".join(f" {line}\n" for line in lines)
