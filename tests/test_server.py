"""The process that the server runs in; what it serves is tested by its rooms."""

import subprocess
import sys

RAISE_LIMIT = """
import resource
from linarite.server import _allow_open_files
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
_allow_open_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most))
"""


def test_a_server_may_open_as_many_files_as_its_process_is_allowed():
    done = subprocess.run([sys.executable, "-c", RAISE_LIMIT], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
