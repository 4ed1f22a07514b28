"""Settings from a TOML file: what is wrong is said with file and line."""

import pytest

from kescape.config import ConfigError, RunConfig


@pytest.fixture
def write(tmp_path):
    def write_file(content):
        path = tmp_path / "first run é.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def test_a_file_and_what_takes_its_place(write):
    path = write("t_0 = 5\nepochs = 35\n")

    assert RunConfig.from_toml(path) == RunConfig(t_0=5, epochs=35)
    assert RunConfig.from_toml(path, epochs=15) == RunConfig(t_0=5, epochs=15)


def test_the_line_of_a_wrong_value_is_named(write):
    path = write("# lengths\nepochs = 35\n\n  t_0=0\nspeed = 3\n")

    with pytest.raises(ConfigError) as caught:
        RunConfig.from_toml(path)
    assert caught.value.errors == {
        "t_0": f"{path}, line 4: t_0 must be > 0 epochs, because a cycle needs at least one step; got t_0=0",
        "speed": f"{path}, line 5: " + caught.value.errors["speed"].partition(": ")[2],
    }
    assert "speed is not a setting of a run" in caught.value.errors["speed"]


def test_a_wrong_value_from_elsewhere_is_not_blamed_on_the_file(write):
    with pytest.raises(ConfigError, match=r"^epochs must be >= 1"):
        RunConfig.from_toml(write("epochs = 35"), epochs=0)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"epochs = \n", "is not a TOML file: Invalid value (at line 1, column 10)"),
        (b"\xff\xfeepochs = 3", "is not a text file in UTF-8"),
        (b"epochs = 3\nepochs = 4", "is not a TOML file: Cannot overwrite a value"),
        (b"t_0 = 3\nepochs = " + b"9" * 5000, ", line 2 has a number of thousands of digits"),
        (b"a = " + b"[" * 100_000, "is not a TOML file: nested too deeply"),
        (b"[run]\nepochs = 3", ", line 1: run is not a setting of a run"),
        (b'"a\\nb" = 3', "a\\nb is not a setting of a run"),
        (b"epochs = 2024-01-01", ", line 1: epochs must be a whole number"),
        (b"t_0 = inf", ", line 1: t_0 must be a finite number"),
        (b"epochs = [3]", ", line 1: epochs must be a whole number"),
    ],
)
def test_a_malformed_file_is_one_sentence(write, content, sentence):
    path = write(content)

    with pytest.raises(ConfigError) as caught:
        RunConfig.from_toml(path)
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file or directory"):
        RunConfig.from_toml(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read: "):
        RunConfig.from_toml(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read: "):
        RunConfig.from_toml("nul\0.toml")


def test_a_file_without_end_is_refused_at_once(tmp_path):
    """A device, or a data file given by mistake: said, not read to the end."""
    large = tmp_path / "data.toml"
    large.write_bytes(b"#" * 1_000_001)

    with pytest.raises(ConfigError, match="is not a file of settings: it is larger than 1000000 bytes"):
        RunConfig.from_toml(large)


def test_a_relative_path_of_data_starts_from_the_files_folder(write, tmp_path, monkeypatch):
    """And is absolute in the configuration, so that an engine that works elsewhere finds it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "flowers.csv").write_text("a,kind\n" + "1,u\n2,v\n" * 5)
    path = write('dataset = "data/flowers.csv"\ntarget = "kind"\n')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    config = RunConfig.from_toml(path)

    assert config.dataset == str(tmp_path / "data" / "flowers.csv")
    again = tmp_path / "elsewhere" / "again.toml"
    again.write_text(config.to_toml())
    assert RunConfig.from_toml(again) == config
    with pytest.raises(ConfigError, match=f"^{path}, line 1: There is no file or folder {tmp_path}/data/tulips.csv"):
        RunConfig.from_toml(write('dataset = "data/tulips.csv"\n'))


def test_a_path_from_elsewhere_starts_from_the_current_folder(write, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "flowers.csv").write_text("a,kind\n" + "1,u\n2,v\n" * 5)
    monkeypatch.chdir(tmp_path / "here")

    config = RunConfig.from_toml(write("epochs = 3"), dataset="flowers.csv")
    assert config.dataset == str(tmp_path / "here" / "flowers.csv")
    assert config.default_name() == "flowers-mlp-sgdr"
