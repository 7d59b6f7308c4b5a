"""What a long run finds and keeps: inputs with an outcome that no stored input has, and inputs that break a codec."""

from __future__ import annotations

from tests.fuzz.corpus import Sample, store, stored
from tests.fuzz.outcomes import outcome
from tests.fuzz.targets import Target


class Finds:
    """Looks at each input of a run; of those with the same outcome the shortest is kept."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}
        self._new: dict[tuple[str, str], Sample] = {}
        self._broken: dict[tuple[str, str], Sample] = {}

    def look(self, target: Target, sample: Sample) -> None:
        """Check one input, and remember it if it shows something new."""
        try:
            what = outcome(target.codec, sample)
        except BaseException as error:
            _keep(self._broken, target, type(error).__name__, sample)
            raise
        if what not in self._outcomes(target):
            _keep(self._new, target, what, sample)

    def store(self) -> None:
        """Write what was found into the corpora."""
        for (corpus, what), sample in self._new.items():
            store(corpus, f"found {what}", sample)
        for (corpus, error), sample in self._broken.items():
            store(corpus, f"broken {error}", sample)

    def _outcomes(self, target: Target) -> set[str]:
        if target.corpus not in self._known:
            samples = stored(target.corpus).values()
            self._known[target.corpus] = {outcome(target.codec, sample) for sample in samples}
        return self._known[target.corpus]


def _keep(kept: dict[tuple[str, str], Sample], target: Target, what: str, sample: Sample) -> None:
    key = (target.corpus, what)
    if key not in kept or len(sample.payload) < len(kept[key].payload):
        kept[key] = sample
