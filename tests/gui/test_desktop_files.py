"""The menu entry, the store's description and the icon."""

import configparser
import shutil
import subprocess
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from kescape_gui import icons
from kescape_gui.app import DESKTOP_NAME
from PySide6.QtGui import QIcon

CHECKOUT = Path(__file__).resolve().parents[2]
ENTRY = CHECKOUT / "assets" / "kescape.desktop"
STORE = CHECKOUT / "assets" / "io.github.kescape.metainfo.xml"
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_menu_entry_starts_the_app_under_the_name_that_its_window_has():
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(ENTRY, encoding="utf-8")
    entry = parser["Desktop Entry"]

    assert ENTRY.stem == entry["Icon"] == entry["StartupWMClass"] == DESKTOP_NAME
    assert entry["Exec"] in PROJECT["gui-scripts"]
    assert (CHECKOUT / "assets" / "icons" / f"{entry['Icon']}.svg").is_file()
    assert (entry["Type"], entry["Terminal"]) == ("Application", "false")


def test_the_stores_description_names_the_entry_this_version_and_its_licence():
    store = ET.parse(STORE).getroot()

    assert store.findtext("launchable") == ENTRY.name
    assert store.findtext("id") == STORE.name.removesuffix(".metainfo.xml")
    assert store.find("releases/release").get("version") == PROJECT["version"]
    assert store.findtext("project_license") == PROJECT["license"]
    assert {binary.text for binary in store.findall("provides/binary")} <= {
        *PROJECT["scripts"],
        *PROJECT["gui-scripts"],
    }


@pytest.mark.parametrize("command", [["desktop-file-validate", ENTRY], ["appstreamcli", "validate", "--no-net", STORE]])
def test_the_desktops_own_checkers_find_nothing(command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("size", [16, 32, 128])
def test_the_icon_has_its_three_colours_at_every_size(qapp, size):
    """The ground, the curve and the restart can be told apart, on light and dark bars alike."""
    picture = QIcon(str(icons.asset("icons/kescape.svg"))).pixmap(size, size).toImage()
    found = [picture.pixelColor(x, y) for x in range(size) for y in range(size)]

    def near(colour, red, green, blue):
        return abs(colour.red() - red) + abs(colour.green() - green) + abs(colour.blue() - blue) < 60

    for colour in ((15, 42, 61), (86, 180, 233), (230, 159, 0)):
        assert any(each.alpha() > 200 and near(each, *colour) for each in found), colour
    assert picture.pixelColor(0, 0).alpha() < 60
