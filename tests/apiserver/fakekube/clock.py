# SPDX-License-Identifier: Apache-2.0
"""clock -- moves the stamps of a recording to the present, and makes the stamps of the server itself.

A recording says when it was made.  Served live, every stamp near that moment is moved by the same
whole number of seconds, so that a pod that was 40 minutes old is 40 minutes old again.  Stamps far
away (a certificate's end, a version's build date) stay.
"""

import calendar
import datetime
import email.utils
import re
import time

NEAR_S = 45 * 86400

ISO = re.compile(r"(?<![\d-])(20\d\d-[01]\d-[0-3]\d)([T ])([0-2]\d:[0-5]\d:[0-5]\d)")
KLOG = re.compile(r"(?m)^([IWEF])([01]\d)([0-3]\d) ([0-2]\d:[0-5]\d:[0-5]\d)(?=\.\d{6} )")
CLF = re.compile(
    r"(?<!\d)([0-3]\d/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/20\d\d)([: ])([0-2]\d:[0-5]\d:[0-5]\d)"
)
EPOCH = re.compile(r"(?<![\w.])(1[3-9]\d{8})((?:\.\d+)?)(?![\w.])")
EPOCH_E = re.compile(r"(?<![\w.])(1\.\d+e\+09)(?![\w.])")


def parse(stamp):
    """Seconds since the epoch of YYYY-MM-DDTHH:MM:SS[.fraction]Z, with its fraction."""
    main, _, fraction = stamp.rstrip("Z").partition(".")
    seconds = calendar.timegm(time.strptime(main, "%Y-%m-%dT%H:%M:%S"))
    return seconds + (float("0." + fraction) if fraction else 0.0)


def iso(seconds, digits=0):
    whole = int(seconds // 1)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    if digits:
        text += "." + f"{seconds - whole:.9f}"[2 : 2 + digits]
    return text + "Z"


class Clock:
    """The server's clock, and the way from recorded stamps to served ones."""

    def __init__(self, recorded_at, live=True, skew_s=0.0):
        self.recorded = int(parse(recorded_at))
        self.skew_s = skew_s
        self.started = time.time()
        self.live = live
        self.shift_s = int(self.started + skew_s) - self.recorded if live else 0

    def now(self, skew_s=0.0):
        return time.time() + self.skew_s + skew_s

    def http_date(self, skew_s=0.0):
        return email.utils.formatdate(self.now(skew_s), usegmt=True)

    def _near(self, seconds):
        return abs(seconds - self.recorded) <= NEAR_S

    def _iso(self, match):
        day, middle, clock = match.groups()
        try:
            seconds = calendar.timegm(time.strptime(f"{day} {clock}", "%Y-%m-%d %H:%M:%S"))
        except ValueError:
            return match.group()
        if not self._near(seconds):
            return match.group()
        return time.strftime(f"%Y-%m-%d{middle}%H:%M:%S", time.gmtime(seconds + self.shift_s))

    def _clf(self, match):
        day, middle, clock = match.groups()
        seconds = calendar.timegm(time.strptime(f"{day} {clock}", "%d/%b/%Y %H:%M:%S"))
        if not self._near(seconds):
            return match.group()
        return time.strftime(f"%d/%b/%Y{middle}%H:%M:%S", time.gmtime(seconds + self.shift_s))

    def _klog(self, match):
        level, month, day, clock = match.groups()
        year = time.gmtime(self.recorded).tm_year
        try:
            seconds = calendar.timegm(time.strptime(f"{year}-{month}-{day} {clock}", "%Y-%m-%d %H:%M:%S"))
        except ValueError:
            return match.group()
        return level + time.strftime("%m%d %H:%M:%S", time.gmtime(seconds + self.shift_s))

    def _epoch(self, match):
        seconds = int(match.group(1))
        return str(seconds + self.shift_s) + match.group(2) if self._near(seconds) else match.group()

    def _epoch_e(self, match):
        seconds = float(match.group(1))
        if not self._near(seconds):
            return match.group()
        mantissa = f"{(seconds + self.shift_s) / 1e9:.11f}".rstrip("0")
        return mantissa + "e+09"

    def move(self, text):
        """The text with every stamp near the recording moved to the present."""
        if not self.shift_s:
            return text
        text = ISO.sub(self._iso, text)
        text = CLF.sub(self._clf, text)
        text = KLOG.sub(self._klog, text)
        text = EPOCH.sub(self._epoch, text)
        return EPOCH_E.sub(self._epoch_e, text)

    def fill(self, text, skew_s=0.0):
        """Replaces @NOW...@ tokens; they tell the moment of the request.
        @NOW@ RFC 3339 | @NOW:unix@ seconds with milliseconds | @NOW:FORMAT@ as strftime, %N for nanoseconds."""

        def token(match):
            now = self.now(skew_s)
            form = match.group(1)
            if not form:
                return iso(now)
            if form == "unix":
                return f"{now:.3f}"
            when = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
            return when.strftime(form.replace("%N", f"{when.microsecond:06d}000"))

        return re.sub(r"@NOW(?::([^@]*))?@", token, text)
