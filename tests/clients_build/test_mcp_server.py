"""The MCP server as an assistant starts it, over standard input and output, against the running product."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mcp import Client as Assistant
from mcp import StdioServerParameters

from tests.clients_build.conftest import BUILD, Server

COMMAND = BUILD / "user" / "bin" / "legal-names-mcp"
PAIR = {"name1": "Larkspur 3 Holdings", "name2": "Larkspur 3 Holdings, Inc.", "profile": "kyc"}
Talk = Callable[[Any], Awaitable[Any]]


def talk(server: Server, key: str, conversation: Talk) -> Any:
    """Hold a conversation with the server that an assistant started with a user's key."""

    async def connect() -> Any:
        settings = {"LEGAL_NAMES_URL": server.url, "LEGAL_NAMES_API_KEY": key}
        async with Assistant(StdioServerParameters(command=str(COMMAND), env=settings)) as assistant:
            return await conversation(assistant)

    return asyncio.run(connect())


def test_it_tells_its_tools_and_how_to_use_them(server: Server) -> None:
    async def ask(assistant: Any) -> Any:
        return (await assistant.list_tools()).tools, assistant.instructions

    tools, instructions = talk(server, server.key, ask)
    assert [tool.name for tool in tools] == [
        "compare",
        "explain",
        "profiles",
        "ask_reviewer",
        "review_status",
    ]
    assert [tool.annotations.read_only_hint for tool in tools] == [False, True, True, False, True]
    assert all(tool.description and tool.output_schema for tool in tools)
    assert "a person must look" in " ".join(instructions.split())


def test_a_pair_is_compared_explained_and_sent_to_a_reviewer(server: Server) -> None:
    async def ask(assistant: Any) -> Any:
        answer = (await assistant.call_tool("compare", PAIR)).structured_content
        about = {"prediction": answer["id"]}
        explained = (await assistant.call_tool("explain", about)).structured_content
        asked = await assistant.call_tool("ask_reviewer", {**about, "reason": "Two entries in one register."})
        status = (await assistant.call_tool("review_status", about)).structured_content
        return answer, explained, asked.structured_content, status

    answer, explained, asked, status = talk(server, server.key, ask)
    assert (answer["verdict"], answer["review"]["status"]) == ("review", "available")
    assert answer["missing_fact"]
    assert [row["category"] for row in explained["differences"]] == ["O11"]
    assert explained["differences"][0]["in_name2"] == "Inc"
    assert asked["status"] == status["status"] == "queued"


def test_profiles_are_listed(server: Server) -> None:
    async def ask(assistant: Any) -> Any:
        return (await assistant.call_tool("profiles", {})).structured_content

    profiles = talk(server, server.key, ask)["result"]
    assert {"kyc", "ucc"} <= {profile["id"] for profile in profiles}


def test_what_is_compared_is_the_users_and_its_source_is_the_api(server: Server) -> None:
    async def ask(assistant: Any) -> Any:
        return (
            await assistant.call_tool("compare", {"name1": "Acme, Inc.", "name2": "Acme Inc"})
        ).structured_content

    answer = talk(server, server.key, ask)
    stored = server.product.python(
        "import json; from matching.models import Prediction; "
        f"row = Prediction.objects.select_related('user').get(pk={answer['id']!r}); "
        "print(json.dumps([row.user.email, row.source]))"
    )
    assert stored == ["client@example.com", "api"]


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("compare", {**PAIR, "profile": "kyb"}, "400 invalid: .*profile"),
        ("explain", {"prediction": "01a20784-68fe-77f4-850e-050260a521f4"}, "404 not_found"),
        ("explain", {"prediction": "mine"}, "prediction"),
    ],
)
def test_a_refusal_is_a_tool_error_that_says_why(
    server: Server, tool: str, arguments: dict[str, str], sentence: str
) -> None:
    async def ask(assistant: Any) -> Any:
        return await assistant.call_tool(tool, arguments)

    refused = talk(server, server.key, ask)
    assert refused.is_error
    assert re.search(sentence, refused.content[0].text)


def test_a_key_that_may_only_read_compares_nothing(server: Server) -> None:
    async def ask(assistant: Any) -> Any:
        return await assistant.call_tool("compare", PAIR)

    refused = talk(server, server.reading_key, ask)
    assert refused.is_error
    assert "403" in refused.content[0].text


def test_it_writes_no_name_into_its_log(server: Server) -> None:
    opening = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    }
    arguments = {"name1": "Zebedee Quux & Sons", "name2": "Zebedee Quux", "profile": "kyb"}
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "compare", "arguments": arguments},
        },
    ]
    settings = {"LEGAL_NAMES_URL": server.url, "LEGAL_NAMES_API_KEY": server.key}
    process = subprocess.Popen(
        [COMMAND],
        env={**os.environ, **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(json.dumps(message) + "\n" for message in messages).encode())
    process.stdin.flush()
    answers = [json.loads(process.stdout.readline()) for _ in range(2)]
    _, log = process.communicate(timeout=30)
    assert answers[1]["result"]["isError"]
    assert b"Zebedee" not in log


def test_without_settings_it_says_what_is_missing() -> None:
    done = subprocess.run(
        [COMMAND], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (
        1,
        "legal-names-mcp: Set the environment variable LEGAL_NAMES_URL.\n",
    )
