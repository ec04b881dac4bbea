"""Who acts in a log, and how actors are numbered: desk, department, crews, sensors."""

from __future__ import annotations

import pandas as pd

from sim.city.city import City
from sim.scenario.schema import Scenario
from sim.units import written_clock


class Actors:
    """The numbers of all who act: the desk is 0, the water department 1, then crews and sensors in their order."""

    desk = 0
    department = 1

    def __init__(self, scenario: Scenario, city: City) -> None:
        self._rows: list[tuple[str, str, str, str, str]] = [
            ("call desk", "desk", "", "", ""),
            ("water", "department", "water", "", ""),
        ]
        self._sensors: dict[tuple[int, int], int] = {}
        department = scenario.organisation.departments["water"]
        self._first_crew = len(self._rows)
        for i, post in enumerate(city.posts):
            group = post.group
            skills = ", ".join(group.skills if group.skills is not None else department.skills)
            shift = " to ".join(written_clock(bound) for bound in group.shift) if group.shift is not None else ""
            self._rows.append((f"crew {i + 1} ({post.depot})", "crew", "water", skills, shift))
        for index, nodes in enumerate(city.loggers):
            for node in nodes.tolist():
                self._sensors[index, node] = len(self._rows)
                self._rows.append((f"pressure at {city.water.node_names[node]}", "sensor", "water", "", ""))

    def crew(self, ident: int) -> int:
        """The actor that a crew is."""
        return self._first_crew + ident

    def sensor(self, index: int, node: int) -> int:
        """The actor that the sensor of a set at a node is."""
        return self._sensors[index, node]

    def table(self) -> pd.DataFrame:
        """The table of actors of a log."""
        frame = pd.DataFrame(self._rows, columns=["name", "kind", "department", "skills", "shift"])
        frame.insert(0, "id", range(len(self._rows)))
        return frame
