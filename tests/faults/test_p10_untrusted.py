"""P10: files from strangers run nothing: safe mode only, never pickle, Python only after a yes, imports stay inside.

Each bait would leave a mark if it were run.
"""

from __future__ import annotations

import ast
import base64
import io
import marshal
import os
import pickle
import sqlite3
import stat
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from kescape.config import RunConfig
from kescape.engine.launch import prepare_run
from kescape.run.folder import CONFIG, DATABASE
from kescape.run.reader import open_run
from tests.faults import engines
from tests.faults.broken_runs import whole_run
from tests.faults.command_line import kescape
from tests.faults.report import Report
from tests.faults.whole_files import keras_file
from tests.faults.window import Window

SOURCES = Path(__file__).parents[2]

FORBIDDEN_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
FORBIDDEN_CALLS = {"eval", "exec", "os.system", "os.popen", "keras.config.enable_unsafe_deserialization"}
CODE_AFTER_A_YES = "kescape/models/own_code.py"
"""The one place that runs a user's Python file, after asking whether it may."""


class Bait:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.mark),))


def check(folder: Path, full: bool) -> Report:
    """Lay out baits wherever files are read, look for marks, for files that are written outside, and for open ports."""
    report = Report("P10", "files from strangers that would run code or write elsewhere; ports looked for")
    engines.warm(2, always=full)
    mark = folder / "mark"
    _try_the_baits(folder / "mark of a trial", report)
    baits = [
        *_keras_files(folder, mark, report),
        *_arrays(folder, mark, report),
        *_zips(folder, mark, report),
        *_python_files(folder, mark, report),
    ]
    if full:
        baits += _straight_to_the_engine(folder, mark, report)
    ports = _open_ports(folder, report)
    files = _read_the_sources(report)
    report.expect(not mark.exists(), "a bait was run")
    report.tried = f"{len(baits)} baits: {', '.join(dict.fromkeys(baits))}; {files} source files read for such calls"
    report.lost = "nothing: no bait was run, no file written outside the run's folder"
    report.worst = f"{ports} connections and open ports of engine and window while they train"
    return report


def _try_the_baits(mark: Path, report: Report) -> None:
    """A bait that does nothing would prove nothing."""
    pickle.loads(pickle.dumps(Bait(mark)))
    report.expect(mark.exists(), "the pickle is no bait")
    mark.rmdir()
    function = _lambda(mark)["config"]["function"]["config"]["code"]
    types.FunctionType(marshal.loads(base64.b64decode(function)), {})(1)
    report.expect(mark.exists(), "the Lambda is no bait")
    mark.rmdir()


def _refused(report: Report, what: str, mark: Path, *arguments: str, says: str = "") -> None:
    """A command that must end with a sentence, and must not have run anything."""
    answer = kescape(*arguments)
    flaw = answer.flaw(*([says] if says else []))
    report.expect(flaw is None, f"{what}: {flaw}")
    report.expect(not mark.exists(), f"{what} was run")


def _lambda(mark: Path) -> dict[str, Any]:
    """A layer whose code comes with the file."""

    def code(x: object) -> object:
        import os

        os.mkdir("MARK")  # noqa: PTH102 (must work with nothing but built-in names)
        return x

    planted = code.__code__.replace(
        co_consts=tuple(str(mark) if value == "MARK" else value for value in code.__code__.co_consts)
    )
    dumped = base64.b64encode(marshal.dumps(planted)).decode()
    function = {"class_name": "__lambda__", "config": {"code": dumped, "defaults": None, "closure": None}}
    return {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "bait", "function": function}}


def _reaching_out(mark: Path) -> dict[str, object]:
    """A layer that names a function of Python's own."""
    return {"module": "os", "class_name": "mkdir", "config": {"path": str(mark)}, "registered_name": "mkdir"}


def _keras_files(folder: Path, mark: Path, report: Report) -> list[str]:
    layers = {"Lambda": _lambda(mark), "os.mkdir": _reaching_out(mark)}
    for name, layer in layers.items():
        file = keras_file(folder / f"{name}.keras", layer)
        for arguments in (
            ("models", str(file)),
            ("train", "--dataset", "digits", "--model", str(file), "--epochs", "1", "--runs", str(folder / "none")),
        ):
            _refused(report, f"a .keras file with {name}", mark, *arguments, says=file.name)
    return [".keras with code"] * len(layers)


def _arrays(folder: Path, mark: Path, report: Report) -> list[str]:
    bait = np.array([[Bait(mark)] * 3] * 4, dtype=object)
    files = {"x": {"x": bait, "y": np.arange(4) % 2}, "y": {"x": np.ones((4, 3)), "y": bait[:, 0]}}
    for name, content in files.items():
        file = folder / f"{name}.npz"
        np.savez(file, allow_pickle=True, **content)
        _refused(report, "an .npz with a pickle", mark, "datasets", str(file), says=file.name)
        where = str(folder / "none")
        _refused(report, "an .npz with a pickle", mark, "train", "--dataset", str(file), "--runs", where)
    pickled = folder / "plain.npz"
    pickled.write_bytes(pickle.dumps(Bait(mark)))
    _refused(report, "a pickle named .npz", mark, "datasets", str(pickled), says=pickled.name)
    return [".npz with a pickle"] * (len(files) + 1)


def _python_files(folder: Path, mark: Path, report: Report) -> list[str]:
    file = folder / "own.py"
    file.write_text(f"import os\nos.mkdir({str(mark)!r})\ndef build_model(input_shape, outputs): ...\n", "utf-8")
    model = f"{file}:build_model"
    _refused(
        report, "a Python file", mark, "train", "--dataset", "digits", "--model", model, "--runs", str(folder / "no")
    )
    looked = kescape("models", model)
    report.expect(looked.code == 0, f"a Python file cannot be looked at: {looked.err}")
    report.expect(not mark.exists(), "a Python file was run by looking at it")
    # An engine that is handed a run by other means than the command line asks nobody, and runs nothing.
    _engine_refuses(folder, "python", model, mark, report)
    return ["Python file without a yes"] * 3


def _straight_to_the_engine(folder: Path, mark: Path, report: Report) -> list[str]:
    """Settings that no command line has looked at."""
    _engine_refuses(folder, "lambda", str(folder / "Lambda.keras"), mark, report)
    _engine_refuses(folder, "mkdir", str(folder / "os.mkdir.keras"), mark, report)
    return [".keras with code, handed to an engine"] * 2


def _engine_refuses(folder: Path, name: str, model: str, mark: Path, report: Report) -> None:
    run_folder = prepare_run(RunConfig(dataset="digits", model="mlp", epochs=1), folder / "runs", name)
    settings = (run_folder / CONFIG).read_text("utf-8").replace('model = "mlp"', f"model = '{model}'")
    (run_folder / CONFIG).write_text(settings, "utf-8")
    engine = engines.engine()
    engine.start(run_folder)
    code = engine.wait(engines.SECONDS)
    with open_run(run_folder) as run:
        status = str(run.status)
        report.expect((code, status) == (1, "failed"), f"an engine trained {name}: code {code}, {status}, {run.error}")
    report.expect(not mark.exists(), f"an engine ran {name}")


def _zips(folder: Path, mark: Path, report: Report) -> list[str]:
    whole = whole_run(folder / "exported")
    (whole / CONFIG).write_text(f"model = '{folder / 'own.py'}:build_model'\ndataset = 'digits'\n", "utf-8")
    database = (whole / DATABASE).read_bytes()
    meddled = folder / "meddled.db"
    meddled.write_bytes(database)
    with sqlite3.connect(meddled) as db:
        db.execute("CREATE TRIGGER t AFTER INSERT ON acks BEGIN DELETE FROM blocks; END")
    db.close()
    runs = folder / "imported"
    refused = {
        "climbing": [("run.db", database), ("../outside.txt", b"x")],
        "absolute": [("run.db", database), (str(folder / "outside.txt"), b"x")],
        "windows": [("run.db", database), ("..\\outside.txt", b"x")],
        "snapshot": [("run.db", database), ("snapshots/../../outside.weights.h5", b"x")],
        "trigger": [("run.db", meddled.read_bytes())],
        "none": [("config.toml", b"epochs = 3")],
    }
    before = set(folder.iterdir())
    for name, members in refused.items():
        file = _zip(folder / f"{name}.zip", members)
        _refused(report, f"a zip ({name})", mark, "import", str(file), "--runs", str(runs), says=file.name)
    link = zipfile.ZipInfo("run.db")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = _zip(folder / "link.zip", [(link, str(folder / "outside.txt").encode())])
    _refused(report, "a zip with a link", mark, "import", str(file), "--runs", str(runs), says=file.name)
    report.expect(not list(runs.glob("*")), f"refused zips left {[path.name for path in runs.glob('*')]}")

    good = [("run.db", database), ("config.toml", (whole / CONFIG).read_bytes()), ("commands/1.json", b"{}")]
    extra = [
        ("setup.py", b"raise SystemExit"),
        ("sitecustomize.py", b""),
        ("checkpoints/step-1.npz", pickle.dumps(Bait(mark))),
    ]
    answer = kescape("import", str(_zip(folder / "good.zip", good + extra)), "--runs", str(runs))
    report.expect(answer.code == 0, f"a whole zip is not imported: {answer.err}")
    written = sorted(path.relative_to(runs).as_posix() for path in runs.rglob("*") if path.is_file())
    surplus = [path for path in written if path.endswith((".py", ".npz", ".json"))]
    report.expect(not surplus, f"an import wrote {surplus}")
    new = {path for path in folder.iterdir() if path.suffix != ".zip"} - before - {runs}
    report.expect(not new, f"an import wrote {sorted(new)} outside")
    for verb in ("resume", "branch"):
        answer = kescape(verb, "good", "--runs", str(runs))
        report.expect(answer.code != 0, f"an imported run that asks for code can {verb}")
        report.expect(not mark.exists(), f"an imported run has run code by {verb}")
    return ["zip to import"] * (len(refused) + 2)


def _zip(path: Path, members: list[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    path.write_bytes(packed.getvalue())
    return path


def _open_ports(folder: Path, report: Report) -> int:
    """How many connections an engine and a window have while they train."""
    engine, run_folder = engines.start(folder / "runs", "ports")
    found = []
    with Window(folder / "runs", folder / "settings") as window, open_run(run_folder) as run:
        window.tell("show", run_folder)
        window.wait_until(lambda facts: facts["points"] > 100, "the window shows the run")
        for _ in range(5):
            for pid in (engine.pid, window.process.pid):
                found += psutil.Process(pid).net_connections(kind="inet")
            window.tell("look")
        report.expect(not found, f"there are connections: {found}")
        window.tell("click", "stopNowButton")
        engines.wait_until(lambda: run.end is not None, "the engine stops")
        window.leave()
    engine.wait(engines.SECONDS)
    return len(found)


def _read_the_sources(report: Report) -> int:
    """No module that unpickles, no call that runs text; returns how many files were read."""
    files = [path for room in ("kescape", "gui") for path in sorted((SOURCES / room).rglob("*.py"))]
    for path in files:
        place = path.relative_to(SOURCES).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            flaw = _flaw(node)
            allowed = place == CODE_AFTER_A_YES and flaw == "exec"
            report.expect(flaw is None or allowed, f"{place}, line {getattr(node, 'lineno', 0)}: {flaw}")
    return len(files)


def _flaw(node: ast.AST) -> str | None:
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
        return next((name for name in names if name.split(".")[0] in FORBIDDEN_MODULES), None)
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name in FORBIDDEN_CALLS:
            return name
        wrong = {"allow_pickle": True, "safe_mode": False, "shell": True}
        for keyword in node.keywords:
            value = keyword.value
            if keyword.arg in wrong and not (isinstance(value, ast.Constant) and value.value is not wrong[keyword.arg]):
                return f"{keyword.arg}={ast.unparse(value)}"
    return None


def test_untrusted(problems):
    assert problems(check) == []
