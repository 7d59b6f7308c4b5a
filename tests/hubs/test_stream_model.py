"""A stream between two reliable clients, whatever is sent, acknowledged, cut, recovered or given up in between."""

from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.hubs.stream_model import IDLE_SECONDS, WINDOW_SECONDS, Publisher, Subscriber, World

from linarite.domain.permissions import Permission

_few = st.integers(1, 4)
_which = st.integers(0, 9)


class Streaming(RuleBasedStateMachine):
    """The clients check what each frame tells them; at the end of it all both sides have to agree."""

    @initialize()
    def begin(self):
        self.world = World()
        self.publisher, self.subscriber = Publisher(self.world), Subscriber(self.world)
        self.publisher.open()
        self.quiesce()

    def stream(self, which):
        usable = self.publisher.usable()
        assume(usable)
        return usable[which % len(usable)]

    # What the publisher wishes

    @rule()
    def open(self):
        self.publisher.open()

    @rule(which=_which, count=_few)
    def write(self, which, count):
        stream = self.stream(which)
        for _ in range(count):
            self.publisher.write(stream)

    @rule(which=_which)
    def end(self, which):
        self.publisher.end(self.stream(which))

    @rule(which=_which)
    def keep_alive(self, which):
        self.publisher.keep_alive(self.stream(which))

    # What the lines do

    @rule(count=_few)
    def publisher_arrives(self, count):
        self.publisher.arrives(count)

    @rule(count=_few)
    def publisher_reads(self, count):
        self.publisher.reads(count)

    @rule(count=_few)
    def subscriber_reads(self, count):
        self.subscriber.reads(count)

    @rule()
    def subscriber_acknowledges(self):
        self.subscriber.acknowledge()
        self.subscriber.arrives(1)

    @rule()
    def turn_ends(self):
        self.world.time.pass_()

    @rule(seconds=st.sampled_from([0.05, IDLE_SECONDS - 0.05, IDLE_SECONDS, WINDOW_SECONDS]))
    def time_passes(self, seconds):
        self.world.time.pass_(seconds)

    @rule()
    def publisher_is_cut(self):
        self.publisher.cut()

    @rule()
    def publisher_recovers(self):
        self.publisher.recover()

    @rule()
    def subscriber_is_cut(self):
        self.subscriber.cut()

    @rule()
    def subscriber_recovers(self):
        self.subscriber.recover()

    @rule()
    def everything_arrives(self):
        self.quiesce()

    # What the application does

    @rule(is_allowed=st.booleans())
    def permission_changes(self, is_allowed):
        permissions = self.publisher.session.connection.permissions
        (permissions.grant if is_allowed else permissions.revoke)(Permission.SEND_TO_GROUP, "g", 10)

    # What holds

    def quiesce(self):
        """Everything that is on its way arrives, in both directions, in hardly any time."""
        for _ in range(3):
            self.publisher.arrives(10**6)
            self.world.time.pass_(0.02)
            self.publisher.reads(10**6)
            self.subscriber.reads(10**6)

    @invariant()
    def what_is_acknowledged_was_published_once(self):
        fragments = self.world.backplane.fragments
        assert len(set(fragments)) == len(fragments)
        for stream in self.publisher.streams:
            if stream.acknowledged:
                assert (stream.stream_id, stream.acknowledged) in fragments

    def teardown(self):
        self.publisher.recover()
        if not self.subscriber.recover():
            return
        self.quiesce()
        for stream in self.publisher.streams:
            self.check_both_sides(stream)
        self.world.time.pass_(10)
        self.quiesce()
        open_still = {stream.stream_id for stream in self.publisher.streams} - set(self.subscriber.ends)
        assert not open_still & set(self.subscriber.heard), "a stream's listeners never hear of its end"

    def check_both_sides(self, stream):
        heard = self.subscriber.heard.get(stream.stream_id, 0)
        how = self.subscriber.ends.get(stream.stream_id, "still open")
        if self.publisher.is_gone:
            assert how != "still open" or heard == 0
        elif stream.state == "open" and how in ("IdleTimeout", "Forbidden"):
            # Closed while its publisher was away, who hears of it at the next frame that it sends.
            assert (stream.acknowledged, stream.wants_end) == (stream.written, False)
        elif stream.state == "open":
            assert (heard, how) == (stream.written, "still open")
        elif stream.state == "closed" and stream.error is None:
            assert (heard, how) == (stream.written, None)
        elif stream.state == "closed" and stream.error != "StreamNotFound":
            assert how == stream.error or heard == 0


TestStreaming = Streaming.TestCase
TestStreaming.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
