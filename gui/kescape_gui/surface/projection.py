"""How a surface in a box is seen: turned, tilted and drawn in a mild perspective; no Qt.

The box is x and y from -1 to 1, and z from -`HEIGHT` to `HEIGHT`. Without a turn and lying flat (azimuth 0,
elevation 0) x goes right, z goes up and y goes away from the eye.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kescape_gui.surface.grid import Floats, Grid

HEIGHT = 0.62
_EYE = 7.0
"""How far away the eye is; the box has a half diagonal of 1.55."""
_ACROSS = 3.1
"""No two points of the box are farther apart."""
_SKIPPED, _TOLERANCE = 0.04, 0.012
"""What lies on a surface is not covered by the place that it lies on."""
_LOWEST, _HIGHEST = 4.0, 90.0


@dataclass(frozen=True)
class Camera:
    """Where the surface is seen from.

    Attributes:
        azimuth: How far the box is turned about its upright axis, in degrees; positive brings its right side nearer.
        elevation: How far the eye is above the horizon, in degrees, from 4 to 90, where it looks straight down.
        zoom: 1 shows all of the box.
    """

    azimuth: float = 35.0
    elevation: float = 32.0
    zoom: float = 1.0

    def turned(self, azimuth: float, elevation: float) -> Camera:
        """The camera turned on by so many degrees; it goes neither under the floor nor over the top."""
        return replace(
            self,
            azimuth=(self.azimuth + azimuth) % 360.0,
            elevation=min(_HIGHEST, max(_LOWEST, self.elevation + elevation)),
        )

    def zoomed(self, factor: float) -> Camera:
        """The camera so many times as near, within 0.4 and 6."""
        return replace(self, zoom=min(6.0, max(0.4, self.zoom * factor)))

    @property
    def eye(self) -> Floats:
        """Where in the space of the box the eye is.

        Example:
            >>> Camera(azimuth=0.0, elevation=0.0).eye.round(12).tolist()
            [0.0, -7.0, 0.0]
        """
        turn, tilt = np.radians(self.azimuth), np.radians(self.elevation)
        away = np.array([-np.sin(turn) * np.cos(tilt), np.cos(turn) * np.cos(tilt), -np.sin(tilt)])
        return np.asarray(-_EYE * away)

    def project(self, points: Floats) -> Floats:
        """Where points of the box are seen.

        Args:
            points: Any number of them, as (..., 3).

        Returns:
            Of each: right, up, and how far behind the middle of the box it lies, in lengths of the box.

        Example:
            >>> Camera(azimuth=0.0, elevation=0.0).project(np.array([1.0, 0.0, 0.5])).tolist()
            [1.0, 0.5, 0.0]
        """
        turn, tilt = np.radians(self.azimuth), np.radians(self.elevation)
        x, y, z = points[..., 0], points[..., 1], points[..., 2]
        right = x * np.cos(turn) + y * np.sin(turn)
        away = -x * np.sin(turn) + y * np.cos(turn)
        up = z * np.cos(tilt) + away * np.sin(tilt)
        depth = away * np.cos(tilt) - z * np.sin(tilt)
        size = self.zoom * _EYE / (_EYE + depth)
        return np.stack([right * size, up * size, depth], axis=-1)


def far_to_near(depths: Floats) -> NDArray[np.intp]:
    """The order in which the painter draws, so that what is near covers what is far; NaN is left out.

    Example:
        >>> far_to_near(np.array([0.0, 2.0, np.nan, -1.0])).tolist()
        [1, 0, 3]
    """
    order = np.argsort(-depths, kind="stable")
    return np.asarray(order[~np.isnan(depths[order])])


def is_hidden(points: Floats, eye: Floats, surface: Grid) -> NDArray[np.bool_]:
    """Which points a surface covers for an eye.

    Args:
        points: (k, 3), in the box.
        eye: Where the eye is.
        surface: The heights of the surface, in the box.
    """
    ways = eye - points
    ways /= np.linalg.norm(ways, axis=-1, keepdims=True)
    along = np.linspace(_SKIPPED, _ACROSS, 64)
    on_way = points[:, None, :] + along[:, None] * ways[:, None, :]
    heights = surface.at(on_way[..., 0], on_way[..., 1])
    return np.asarray((heights > on_way[..., 2] + _TOLERANCE).any(axis=-1))
