"""`kescape bench escape`, for real on its quickest problem: what it prints, what it writes, and Ctrl+C."""

import json
import signal
import subprocess
import sys

from kescape.cli.main import run

KESCAPE = [sys.executable, "-c", "from kescape.cli.main import main; main()"]


def test_a_problem_is_printed_and_written(tmp_path, capsys):
    table, everything = tmp_path / "table.md", tmp_path / "all.json"

    arguments = ["bench", "escape", "--problem", "xor", "--seeds", "4"]
    assert run([*arguments, "--output", str(table), "--json", str(everything)]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == ""
    assert lines[0] == "XOR, 2 hidden units (1 of 1) ..."
    assert lines[1].split()[:6] == ["XOR,", "2", "hidden", "units", "of", "4"]
    assert [line.partition("  ")[0] for line in lines[2:8]] == [
        *("plain SGD", "momentum", "single cosine", "SGDR"),
        *("momentum + cosine", "momentum + SGDR"),
    ]
    (problem,) = json.loads(everything.read_text(encoding="utf-8"))["problems"]
    escaped = [method["escaped"] for method in problem["methods"]]
    assert escaped == [sum(steps is not None for steps in method["steps"]) for method in problem["methods"]]
    assert [int(line.partition("  ")[2].split()[0]) for line in lines[2:8]] == escaped
    rows = [line for line in table.read_text(encoding="utf-8").splitlines() if line.startswith("| XOR")]
    assert len(rows) == 4
    assert [int(cell.split()[0]) for cell in rows[0].split("|")[2:-1]] == escaped
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.json", "table.md"]


def test_ctrl_c_leaves_what_is_done_on_the_screen_and_writes_nothing(tmp_path):
    command = [*KESCAPE, "bench", "escape", "--seeds", "3", "--problem", "xor", "--problem", "spirals"]
    with subprocess.Popen(
        [*command, "--output", str(tmp_path / "table.csv")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as bench:
        seen = []
        for line in bench.stdout:
            seen.append(line)
            if line.startswith("Two spirals"):
                break
        bench.send_signal(signal.SIGINT)
        _, err = bench.communicate(timeout=60)

    assert bench.returncode == 130
    assert any(line.startswith("momentum + SGDR") for line in seen)
    assert err == "kescape: interrupted: 1 of 2 problems are done; no file was written\n"
    assert list(tmp_path.iterdir()) == []


def test_without_a_measurement_the_help_is_shown(capsys):
    assert run(["bench"]) == 0
    assert "escape" in capsys.readouterr().out
