"""Rules that keep the house in order; each test names the rule it guards."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import call_command
from django.db.models import Model

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "accounts",
    "notifications",
    "webhooks",
    "modelops",
    "experiments",
    "matters",
    "matching",
    "feedback",
    "analytics",
)
PACKAGES = ("config", *APPS)
FILE_BUDGET = 400
FUNCTION_BUDGET = 40
FOLDER_BUDGET = 15
PARTICIPLE_SHARE = 0.03
PARTICIPLE = re.compile(
    r"_*(?!(?:need|feed|seed|embed|exceed|proceed)(?:_|$))"
    r"(?:[a-z]*ed|told|said|met|kept|given|seen|drawn|written|made|held|sent|shown|taken|found|known)(?:_|$)"
)
CATEGORY = re.compile(r"[OI]\d\d")
ENV_READERS = {
    "read_networks",
    "read_text",
    "read_boolean",
    "read_integer",
    "read_count",
    "read_list",
    "read_required",
    "read_share",
    "_read_secret",
}
SKIPS = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b|unittest\.skip")
UNWANTED = re.compile(
    r"pypi\.org|pythonhosted|registry\.npmjs|--(?:extra-)?index-url[ =]http|--find-links[ =]\S+/|"
    r"(?<![\w.])/(?:home|root|Users|work)/\w+"
)


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file of the repository, as git knows it (also new ones that are not ignored)."""
    listing = subprocess.run(
        [
            "git",
            "-c",
            f"safe.directory={ROOT}",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file())


def sources(*folders: str) -> Iterator[Path]:
    """Python files of the named top-level folders."""
    for path in tracked_files():
        parts = path.relative_to(ROOT).parts
        if path.suffix == ".py" and (parts[0] in folders or (len(parts) == 1 and not folders)):
            yield path


def product_sources() -> list[Path]:
    return [path for path in sources(*PACKAGES) if "migrations" not in path.parts]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def place(path: Path, line: int = 0) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def own_models() -> list[type[Model]]:
    return [model for name in APPS for model in apps.get_app_config(name).get_models()]


def environment_variables() -> set[str]:
    """Names that the configuration and the engine read, found in their source."""
    names = {"PORT", "HOST", "VAR_DIR"}
    for path in (*sources("config"), ROOT / "matching" / "engine" / "execution.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names |= set(_read_names(node))
    return names


def _read_names(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return
    function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    from_environ = isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "os.environ.get"
    name = node.args[0].value
    if (function in ENV_READERS or from_environ) and isinstance(name, str) and name.isupper():
        yield name.removesuffix("_FILE")


def test_every_setting_is_in_the_example_environment_and_in_the_settings_page() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    internal = {"PYTEST_XDIST_WORKER", "PROMETHEUS_MULTIPROC_DIR"}
    names = environment_variables() - internal
    assert {name for name in names if not re.search(rf"^#? ?{name}=", example, re.M)} == set()
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_the_settings_page_and_the_example_name_no_variable_that_nothing_reads() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z_]+)`", page, re.M)) | set(
        re.findall(r"^#? ?([A-Z_]+)=", example, re.M)
    )
    assert documented - environment_variables() == set()


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    assert call_command("makemigrations", "--check", "--dry-run", "--verbosity=0") is None


def test_every_model_says_what_a_row_is() -> None:
    assert [model.__name__ for model in own_models() if model.__str__ is Model.__str__] == []


def test_every_admin_action_names_its_permissions() -> None:
    nameless = []
    for model, site in admin.site._registry.items():
        if model._meta.app_label not in APPS:
            continue
        for action in site.actions or ():
            function = getattr(type(site), action, None) if isinstance(action, str) else action
            if not getattr(function, "allowed_permissions", None):
                nameless.append(f"{type(site).__name__}.{action}")
    assert nameless == []


def test_files_stay_within_their_budget() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in product_sources()}
    assert [place(path, length) for path, length in lengths.items() if length > FILE_BUDGET] == []


def test_folders_stay_within_their_budget() -> None:
    sizes = Counter(path.parent for path in product_sources() if path.name != "__init__.py")
    assert [place(folder, size) for folder, size in sizes.items() if size > FOLDER_BUDGET] == []


def test_functions_are_named_by_verbs_not_by_participles() -> None:
    names = [node.name for path in product_sources() for node in functions(path)]
    participles = [name for name in names if PARTICIPLE.match(name)]
    assert len(participles) / len(names) < PARTICIPLE_SHARE, sorted(participles)


def test_the_engine_names_categories_by_their_enum() -> None:
    raw = [
        f"{place(path, node.lineno)} {node.value}"
        for path in sources("matching")
        if "engine" in path.parts and path.name != "categories.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CATEGORY.fullmatch(node.value)
    ]
    assert raw == []


def test_functions_stay_within_their_budget() -> None:
    long = [
        f"{place(path, node.lineno)} {node.name} {node.end_lineno - node.lineno + 1}"
        for path in product_sources()
        for node in functions(path)
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > FUNCTION_BUDGET
    ]
    assert long == []


def test_no_module_is_a_drawer_for_everything() -> None:
    assert [
        place(path) for path in product_sources() if path.stem in {"utils", "helpers", "misc", "common"}
    ] == []


def test_matching_package_stays_empty_so_that_the_engine_loads_no_django() -> None:
    assert (ROOT / "matching" / "__init__.py").read_text(encoding="utf-8") == ""


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    here = Path(__file__)
    texts = [(path, path.read_text(encoding="utf-8")) for path in sources("tests") if path != here]
    assert [place(path) for path, text in texts if SKIPS.search(text)] == []


def test_every_test_asserts_something() -> None:
    empty = [
        f"{place(path, node.lineno)} {node.name}"
        for path in sources("tests")
        for node in functions(path)
        if node.name.startswith("test_") and not _asserts(node)
    ]
    assert empty == []


def _asserts(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a test has an assertion that can fail, its own or that of a helper named so."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant):
            return True
        if isinstance(node, ast.Call) and _is_check(node):
            return True
    return False


def _is_check(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in {"raises", "warns"} or name.startswith(("assert", "check_"))


def test_no_file_names_a_registry_or_a_place_of_one_machine() -> None:
    hits = []
    for path in tracked_files():
        if path == Path(__file__) or path.suffix in {".png", ".skops", ".woff2", ".gz"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if UNWANTED.search(line):
                hits.append(place(path, number))
    assert hits == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-web.lock", "requirements-dev.lock"])
def test_the_lock_file_pins_every_package_with_hashes_and_names_no_address(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", lock)
    assert "://" not in lock
    assert [
        block.split()[0] for block in blocks if "==" not in block.split()[0] or "--hash=" not in block
    ] == []


def test_every_make_command_that_is_named_somewhere_is_a_target() -> None:
    menu = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", menu, re.M))
    named = set(re.findall(r"^\.PHONY: (.+)$", menu, re.M)[0].split())
    for path in tracked_files():
        if path.suffix == ".md":
            named |= set(re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8")))
    assert named - targets == set()
    assert targets - named == set()
