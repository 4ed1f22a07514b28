"""Times of a run as a clock shows them; no Qt."""

from __future__ import annotations


def clock(seconds: float, places: int = 0) -> str:
    """Minutes and seconds, and hours where there are any.

    Args:
        seconds: Rounded as a whole, so that 59.96 seconds become a minute and never "60.0".
        places: Digits behind the point.

    Example:
        >>> clock(83), clock(59.96, 1), clock(3675, 3), clock(-30)
        ('1:23', '1:00.0', '1:01:15.000', '−0:30')
    """
    ticks = round(abs(seconds) * 10**places)
    whole, parts = divmod(ticks, 10**places)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    sign = "−" if seconds < 0 and ticks else ""
    ending = f"{rest:02}.{parts:0{places}}" if places else f"{rest:02}"
    return f"{sign}{hours}:{minutes:02}:{ending}" if hours else f"{sign}{minutes}:{ending}"
