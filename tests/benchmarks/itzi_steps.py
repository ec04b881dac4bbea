"""Steps of Itzi's surface flow on a raster, in the environment that has it; run as a script by bench_surface.

Reads bed and depth from a file; takes cell, roughness, rain (m/s), step and the number of steps. Prints CPU seconds,
writes the depths.
"""

import json
import sys
import time

import numpy as np
from itzi.rasterdomain import RasterDomain
from itzi.surfaceflow import SurfaceFlowSimulation

SETTINGS = {"dtmax": 5.0, "cfl": 0.7, "g": 9.80665, "theta": 0.9, "hmin": 0.005, "slmax": 0.1, "vrouting": 0.1}


def main(source: str, target: str, *numbers: str) -> None:
    cell_m, manning, rain, step_s, steps = (float(number) for number in numbers)
    given = np.load(source)
    domain = RasterDomain(np.float32, np.zeros(given["bed"].shape, bool), (cell_m, cell_m))
    domain.update_array("dem", given["bed"])
    domain.update_array("friction", np.full(given["bed"].shape, manning, np.float32))
    domain.update_array("water_depth", given["depth"])
    domain.get_array("ext")[:] = rain
    flow = SurfaceFlowSimulation(domain, SETTINGS)
    flow.update_flow_dir()
    began = time.process_time()
    for _ in range(int(steps)):
        flow.solve_dt()
        assert flow._dt >= step_s
        flow._dt = step_s
        flow.step()
    spent = time.process_time() - began
    np.save(target, domain.get_array("water_depth"))
    print(json.dumps(spent))


if __name__ == "__main__":
    main(*sys.argv[1:])
