import re
from pathlib import Path

from linarite.http.management.errors import error_answer
from linarite.resources.errors import ResourceError

ROOT = Path(__file__).parents[3]
SOURCES = [
    ROOT / "src" / "linarite" / name
    for name in ("access", "resources", "monitoring", "http/management", "http/authority")
]


def documented() -> dict[str, int]:
    """The codes of the reference page with their statuses."""
    page = (ROOT / "docs" / "reference" / "management.md").read_text("utf-8").partition("\n## Errors\n")[2]
    rows = re.findall(r"^\| (\d{3}) \| (.*) \|$", page, re.MULTILINE)
    return {code: int(status) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)}


def test_the_reference_page_tells_each_code_with_its_status():
    text = "".join(file.read_text("utf-8") for folder in SOURCES for file in folder.glob("*.py"))
    raised = set(re.findall(r'ResourceError\(\s*"(\w+)"', text))
    raised |= set(re.findall(r'expected\([^)]*, "([A-Z]\w+)"\)', text))
    raised |= set(re.findall(r'ManagementRefused\(\s*"(\w+)"', text)) | set(
        re.findall(r'"(\w+AuthenticationToken\w*)"', text)
    )
    assert len(raised) > 15
    assert raised | {"InvalidRequestContent"} == set(documented())
    for code, status in documented().items():
        assert error_answer(ResourceError(code, "")).status == status


def test_a_body_has_a_target_only_when_a_member_is_wrong():
    assert error_answer(ResourceError("NotFound", "text")).body == {"error": {"code": "NotFound", "message": "text"}}
    assert error_answer(ResourceError("InvalidSku", "text", "sku")).body == {
        "error": {"code": "InvalidSku", "message": "text", "target": "sku"}
    }
