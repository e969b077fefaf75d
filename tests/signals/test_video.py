from siyaj.signals.testing import SignalTypeConformance
from siyaj.signals.video import VIDEO


class TestVideo(SignalTypeConformance):
    signal_type = VIDEO
