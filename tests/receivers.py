"""Real receivers on loopback: a mail server with STARTTLS and sign-in, and an HTTP server for webhooks."""

import socket
import socketserver
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from config.local.ports import find_free_port


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    certificate_path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return certificate_path, key_path


class Mailbox:
    """What the mail server took, and what it shall answer instead of taking it."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str]] = []
        self.encrypted: list[bool] = []
        self.answers: list[str] = []

    async def handle_DATA(self, _server: Any, session: Session, envelope: Envelope) -> str:
        """Take a letter, or refuse it as told."""
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append((envelope.rcpt_tos[0], content.decode()))
        self.encrypted.append(session.ssl is not None)
        return f"250 OK taken as number {len(self.letters)}"


@contextmanager
def mail_server(folder: Path) -> Iterator[tuple[int, Mailbox]]:
    """A mail server that insists on STARTTLS and on the password ``letmein``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder))

    def authenticator(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == b"letmein")

    box = Mailbox()
    controller = Controller(
        box,
        hostname="localhost",
        port=find_free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=authenticator,
    )
    controller.start()
    try:
        yield controller.port, box
    finally:
        controller.stop()


class Hook:
    """What was posted, and the answers to give: (status, headers)."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.respond: Callable[[bytes], bytes] = lambda _body: b"ok"


@contextmanager
def http_receiver(tls: tuple[Path, Path] | None = None) -> Iterator[tuple[str, Hook]]:
    """An HTTP server that takes posts, with TLS when given a certificate and its key; yields its address."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.posts.append((dict(self.headers), body))
            status, headers = hook.answers.pop(0) if hook.answers else (200, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            content = hook.respond(body)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{'https://localhost' if tls else 'http://127.0.0.1'}:{server.server_port}/hook", hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def endless_receiver() -> Iterator[str]:
    """A server that takes a post and sends a header, byte by byte, for as long as somebody reads."""
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Endless: ")
            while not stopped.wait(0.02):
                self.wfile.write(b"x")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the reader went away: expected
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook"
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


_AUTHORITY_SETTINGS = """
[tsa]
default_tsa = tsa_config
[tsa_config]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa-key.pem
certs = {folder}/certificate.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
"""


@contextmanager
def timestamp_authority(folder: Path) -> Iterator[tuple[str, Hook]]:
    """A time-stamp authority (RFC 3161) that OpenSSL answers for; its root is ``certificate.pem``."""
    _issue_signer(folder)
    (folder / "tsa.cnf").write_text(_AUTHORITY_SETTINGS.format(folder=folder))
    (folder / "serial").write_text("01")

    def answer(query: bytes) -> bytes:
        (folder / "query.tsq").write_bytes(query)
        command = [
            "openssl",
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-queryfile",
            "query.tsq",
            "-out",
            "reply.tsr",
        ]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return (folder / "reply.tsr").read_bytes()

    with http_receiver() as (address, hook):
        hook.respond = answer
        yield address, hook


def _issue_signer(folder: Path) -> None:
    """Write a root certificate, and one for time stamping that it signed."""
    root_path, root_key_path = certificate(folder, "authority")
    root = x509.load_pem_x509_certificate(root_path.read_bytes())
    root_key = serialization.load_pem_private_key(root_key_path.read_bytes(), None)
    assert isinstance(root_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    signed = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stamps")]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(root.not_valid_before_utc)
        .not_valid_after(root.not_valid_after_utc)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    (folder / "tsa.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "tsa-key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )


class Collector:
    """What a syslog collector read, and how many connections it shall drop before it reads again."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.drops = 0


@contextmanager
def syslog_collector(folder: Path | None = None) -> Iterator[tuple[int, Collector]]:
    """A collector of syslog over TCP that reads frames by their octet count; with a folder, over TLS."""
    collector = Collector()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if folder is not None:
        context.load_cert_chain(*certificate(folder))

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if collector.drops:
                collector.drops -= 1
                linger = struct.pack("ii", 1, 0)  # closing resets the connection
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
                return
            stream = self.rfile
            if folder is not None:
                self.connection = context.wrap_socket(self.connection, server_side=True)
                stream = self.connection.makefile("rb")
            while length := _read_length(stream):
                collector.messages.append(stream.read(length).decode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1]), collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _read_length(stream: Any) -> int:
    digits = b""
    while (byte := stream.read(1)) not in (b"", b" "):
        digits += byte
    return int(digits or b"0")
