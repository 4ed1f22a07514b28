"""A landscape computed in this process, where that of the process that computes is not looked at."""

from dataclasses import replace

from kescape.landscape.evaluate import evaluate
from kescape.landscape.store import write_landscape
from kescape.landscape.subject import Subject


def compute(folder, request):
    """Put what is asked for into the run's folder, as that process does."""
    subject = Subject.of(folder, request)

    def keep(found):
        write_landscape(folder, replace(found, fingerprint=subject.fingerprint))

    evaluate(request, subject.model, subject.x, subject.y, subject.weights, subject.labels, begun=None, keep=keep)
