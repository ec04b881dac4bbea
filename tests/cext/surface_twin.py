"""The scheme of cext.surface as its papers write it: float64, whole arrays, levels above the datum, no bookkeeping."""

import numpy as np

GRAVITY = 9.80665


class Twin:
    """Closed edges, rain; ``clamps`` sets negative depths to zero (as Itzi does) instead of scaling what leaves."""

    def __init__(self, bed, cell, manning, *, least=0.005, theta=0.9, clamps=False):
        rows, columns = bed.shape
        self.bed, self.cell, self.least, self.theta, self.clamps = bed.astype(float), cell, least, theta, clamps
        self.n = np.broadcast_to(np.asarray(manning, float), bed.shape)
        self.depth = np.zeros(bed.shape)
        self.west = np.zeros((rows, columns + 1))
        self.north = np.zeros((rows + 1, columns))

    def _flow(self, q, across, *, before, after, dt):
        """New flow over the faces between cells, along one direction; ``q`` has the edges, which stay closed."""
        (z0, h0, n0), (z1, h1, n1) = before, after
        depth = np.maximum(z0 + h0, z1 + h1) - np.maximum(z0, z1)
        wet = depth > self.least
        safe = np.where(wet, depth, 1.0)
        push = GRAVITY * safe * dt * (z0 + h0 - z1 - h1) / self.cell
        middle, beside = q[1:-1], 0.5 * (q[:-2] + q[2:])
        mixed = self.theta * middle + (1.0 - self.theta) * beside
        mixed = np.where(mixed * push < 0.0, middle, mixed)
        size = np.hypot(middle, across)
        p = safe ** (7.0 / 3.0)
        new = (mixed + push) * p / (p + GRAVITY * dt * (0.5 * (n0 + n1)) ** 2 * size)
        return np.where(wet, new, 0.0)

    def step(self, dt, rain):
        cells = np.stack([self.bed, self.depth, self.n])
        west, north = self.west, self.north
        ways = 0.25 * (north[:-1, :-1] + north[:-1, 1:] + north[1:, :-1] + north[1:, 1:])
        down = 0.25 * (west[:-1, :-1] + west[:-1, 1:] + west[1:, :-1] + west[1:, 1:])
        east = self._flow(west.T, ways.T, before=cells[:, :, :-1].mT, after=cells[:, :, 1:].mT, dt=dt).T
        south = self._flow(north, down, before=cells[:, :-1], after=cells[:, 1:], dt=dt)
        self.west, self.north = np.zeros_like(west), np.zeros_like(north)
        self.west[:, 1:-1], self.north[1:-1] = east, south
        there = self.depth + dt * rain
        if not self.clamps:
            self._limit(there * self.cell / dt)
        self.depth = there + dt / self.cell * (-np.diff(self.west, axis=1) - np.diff(self.north, axis=0))
        self.depth = np.maximum(self.depth, 0.0)

    def _limit(self, most):
        west, north = self.west, self.north
        out = np.maximum(west[:, 1:], 0) - np.minimum(west[:, :-1], 0)
        out += np.maximum(north[1:], 0) - np.minimum(north[:-1], 0)
        share = np.pad(np.minimum(1.0, 0.999999 * most / np.maximum(out, 1e-30)), 1, constant_values=1.0)
        west *= np.where(west > 0, share[1:-1, :-1], share[1:-1, 1:])
        north *= np.where(north > 0, share[:-1, 1:-1], share[1:, 1:-1])
