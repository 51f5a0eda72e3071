"""Certificates for loopback servers of tests: a CA, and server certificates that are good or wrong in one way."""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rollouts.adapters.kubernetes.tls import ClosingSocket


class Certificate(StrEnum):
    GOOD = "good"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    OTHER_NAME = "for another name"
    OTHER_CA = "signed by another CA"


@dataclass(frozen=True)
class Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        form = serialization.PrivateFormat.PKCS8
        return self.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    @property
    def encrypted_key_pem(self) -> str:
        form, lock = serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"unknown")
        return self.key.private_bytes(serialization.Encoding.PEM, form, lock).decode()


@cache
def authority(name: str = "test-ca") -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=400)).not_valid_after(now + timedelta(days=400))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    return Pair(builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()), key)


@cache
def issued(kind: Certificate = Certificate.GOOD, name: str = "") -> Pair:
    """A certificate for the loopback address, or for `name` when one is given (a client, a server of that name)."""
    ca = authority("another-ca") if kind is Certificate.OTHER_CA else authority()
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    begins, ends = {
        Certificate.EXPIRED: (now - timedelta(days=20), now - timedelta(days=10)),
        Certificate.NOT_YET_VALID: (now + timedelta(days=10), now + timedelta(days=20)),
    }.get(kind, (now - timedelta(days=10), now + timedelta(days=10)))
    if kind is Certificate.OTHER_NAME:
        name = "elsewhere.example"
    names: list[x509.GeneralName] = [x509.DNSName(name)] if name else [x509.IPAddress(ip_address("127.0.0.1"))]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name or "loopback")])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(ca.certificate.subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(begins).not_valid_after(ends)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key())
    return Pair(builder.add_extension(identifier, critical=False).sign(ca.key, hashes.SHA256()), key)


def server_context(pair: Pair, *, wants_client: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslsocket_class = ClosingSocket
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "server.pem"
        file.write_text(pair.pem + pair.key_pem)
        context.load_cert_chain(file)
    if wants_client:
        context.load_verify_locations(cadata=authority().pem)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
