"""The simulated traffic, and the picture of what happened."""

from xml.etree import ElementTree

from feedback.simulation.loop import SimulationResult
from feedback.simulation.plot import render_svg
from feedback.simulation.traffic import STRICTER_CATEGORIES, SimulatedTraffic, is_affected, is_truly_material


def test_only_the_truth_changes_with_the_guideline() -> None:
    traffic = SimulatedTraffic(3, pool=8_000)
    pairs = traffic.draw_hour(200)
    touched = [pair for pair in pairs if is_affected(pair)]
    assert len(touched) == 50
    assert all(STRICTER_CATEGORIES & set(pair.category.split("+")) for pair in touched)
    assert all(is_truly_material(pair, True) and not is_truly_material(pair, False) for pair in touched)
    assert all(is_truly_material(pair, True) == pair.material for pair in pairs if pair not in touched)


def test_what_is_measured_on_is_never_sent() -> None:
    traffic = SimulatedTraffic(3, pool=8_000)
    kept = {pair.entity for pair in traffic.draw_holdout(200)}
    assert not kept & {pair.entity for _ in range(5) for pair in traffic.draw_hour(200)}


def test_the_plot_shows_what_happened_when() -> None:
    rows = [("quiet", 0.95, ""), ("stricter", 0.7, "trained (feedback), approved"), ("stricter", 0.94, "")]
    history = [
        {"hour": hour, "phase": phase, "accuracy": accuracy, "event": event}
        for hour, (phase, accuracy, event) in enumerate(rows)
    ]
    root = ElementTree.fromstring(render_svg(SimulationResult(history=history)))  # noqa: S314 - our own
    words = root.findtext("{http://www.w3.org/2000/svg}desc")
    assert words == "From 95.0% to 94.0%. new guideline at 1; trained, approved at 1"
