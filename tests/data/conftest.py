"""Files of a user's, written for one test."""

import pytest


@pytest.fixture
def write(tmp_path):
    """Writes a file, by default a table, and returns its path."""

    def write_file(content, name="house é.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write_file
