"""A real S3-compatible object store on loopback: SeaweedFS, from a wheel."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from config.local.ports import HOST, find_free_port

PROGRAM = Path(sys.prefix) / "bin" / "weed"
ACCESS_KEY, SECRET_KEY = "tests", "secret-of-the-tests"
PATIENCE_SECONDS = 300
PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc")
MORE_PORTS = ("filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc")
WITHOUT = ("-s3.port.iceberg=0", "-s3.port.lance=0")
"""Catalogues that would listen on fixed ports."""
ONE_VOLUME = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
"""A bucket begins with one volume: with seven, the fourteenth finds none that is free."""


@contextmanager
def object_store(folder: Path, address: str = HOST) -> Iterator[dict[str, str]]:
    """Run the store in a folder; yield the variables by which boto3 and MLflow find it."""
    identity = {"name": "tests", "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]}
    rights = {**identity, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "identities.json").write_text(json.dumps({"identities": [rights]}))
    ports = {name: find_free_port() for name in (*PORTS, *MORE_PORTS)}
    fixed = ("-dir", str(folder), f"-ip={address}", f"-ip.bind={address}", "-s3", "-volume.max=100")
    sizes = ("-master.volumeSizeLimitMB=64", f"-s3.config={folder}/identities.json")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                str(PROGRAM),
                "server",
                *fixed,
                *sizes,
                *WITHOUT,
                *(f"-{name}={port}" for name, port in ports.items()),
            ],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), **ONE_VOLUME},
            stdout=log,
            stderr=log,
        )
    environment = build_environment(ports["s3.port"], address)
    try:
        wait_until_it_stores(environment, process, folder / "log")
        yield environment
    finally:
        process.kill()
        process.wait()


def build_environment(port: int, address: str) -> dict[str, str]:
    endpoint = f"http://{address}:{port}"
    return {
        "AWS_ENDPOINT_URL_S3": endpoint,
        "MLFLOW_S3_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def connect(environment: dict[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}),
    )


def wait_until_it_stores(environment: dict[str, str], process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the store takes an object, which is later than that it answers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            store = connect(environment)
            store.create_bucket(Bucket="first")
            store.put_object(Bucket="first", Key="object", Body=b"content")
        except (BotoCoreError, ClientError):
            lives = process.poll() is None and time.monotonic() < deadline
            assert lives, log.read_text()[-2000:]
            time.sleep(0.2)
        else:
            return
