"""The configuration of a run: one model that makes the form, the TOML file and the CLI flags.

Nothing here imports Keras or Qt.
"""

from kescape.config.errors import ConfigError
from kescape.config.presets import PRESETS
from kescape.config.run_config import SETTINGS, RunConfig, config_errors
from kescape.config.setting import Setting

__all__ = ["PRESETS", "SETTINGS", "ConfigError", "RunConfig", "Setting", "config_errors"]
