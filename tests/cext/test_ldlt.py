"""The static factorisation solves what NumPy solves, on any graph, and orders by little fill."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cext.ldlt import Ldlt


def laplacian(n, tail, head, conductance, ground):
    dense = np.diag(np.asarray(ground, float))
    for i, j, c in zip(tail, head, conductance, strict=True):
        dense[i, i] += c
        dense[j, j] += c
        dense[i, j] -= c
        dense[j, i] -= c
    return dense


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 30))
    node = st.integers(0, n - 1)
    edges = [edge for edge in draw(st.lists(st.tuples(node, node), max_size=60)) if edge[0] != edge[1]]
    value = st.floats(1e-3, 1e3)
    return n, np.array(edges, np.int32).reshape(-1, 2), draw(st.lists(value, min_size=60, max_size=60))


@given(graphs(), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_it_solves_what_a_dense_solver_solves(graph, seed):
    n, edges, values = graph
    tail, head = (np.ascontiguousarray(column) for column in edges.T)
    conductance, right = np.array(values[: len(edges)]), np.random.default_rng(seed).normal(size=n)
    dense = laplacian(n, tail, head, conductance, np.full(n, 0.5))
    matrix = Ldlt(n, tail, head)
    for _ in range(2):  # the work space is as good the second time
        x = matrix.solve(conductance, np.full(n, 0.5), right, tail=tail, head=head)
        np.testing.assert_allclose(dense @ x, right, atol=1e-9)


def test_rows_are_a_permutation_and_a_tree_fills_nothing():
    n = 200
    rng = np.random.default_rng(5)
    tail = np.arange(1, n, dtype=np.int32)
    head = np.array([rng.integers(0, i) for i in range(1, n)], np.int32)
    matrix = Ldlt(n, tail, head)
    assert sorted(matrix.position()) == list(range(n))
    assert matrix.n_lower == n - 1


def test_the_order_is_the_same_every_time():
    rng = np.random.default_rng(7)
    tail, head = rng.integers(0, 100, (2, 150), dtype=np.int32)
    np.testing.assert_array_equal(Ldlt(100, tail, head).position(), Ldlt(100, tail, head).position())


def test_a_grid_fills_little():
    side = 30
    node = np.arange(side * side, dtype=np.int32).reshape(side, side)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    # a banded order would need twice as many
    assert Ldlt(side * side, tail, head).n_lower < side**3 / 2


@pytest.mark.parametrize(
    ("n", "tail", "head", "words"),
    [
        (-1, [], [], "must not be negative"),
        (2, [0], [2], "edge 0 joins 0 and 2"),
        (2, [0, 1], [1], "tail has 2 edges, head 1"),
    ],
)
def test_what_is_no_graph_is_refused(n, tail, head, words):
    with pytest.raises(ValueError, match=words):
        Ldlt(n, np.array(tail, np.int32), np.array(head, np.int32))


def test_sixteen_decades_of_conductance_lose_no_digit():
    """A chain of huge conductances on one tiny tie to the ground: the head is current over tie, to the last bits."""
    tail, head = np.arange(9, dtype=np.int32), np.arange(1, 10, dtype=np.int32)
    excess, right = np.zeros(10), np.zeros(10)
    excess[0], right[9] = 1e-9, 1.0
    x = Ldlt(10, tail, head).solve(np.full(9, 1e8), excess, right, tail=tail, head=head)
    assert x == pytest.approx(1e9, rel=1e-14)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"excess": np.ones(2)}, "must have 3 entries"),
        ({"excess": np.array([1.0, -1.0, 1.0])}, r"excess\[1\] is -1.0"),
        ({"conductance": np.ones(2)}, "must be of one length"),
        ({"conductance": np.array([-1.0])}, r"conductance\[0\] is -1.0"),
        ({"head": np.array([2], np.int32)}, "which the pattern does not"),
        ({"head": np.array([0], np.int32)}, "not two of 3 unknowns"),
        ({"excess": np.array([1.0, 1.0, 0.0])}, "singular"),
    ],
)
def test_values_that_do_not_fit_are_refused(change, words):
    matrix = Ldlt(3, np.array([0], np.int32), np.array([1], np.int32))
    given = {
        "conductance": np.array([0.5]), "excess": np.ones(3), "right": np.ones(3),
        "tail": np.array([0], np.int32), "head": np.array([1], np.int32),
    } | change  # fmt: skip
    with pytest.raises(ValueError, match=words):
        matrix.solve(given.pop("conductance"), given.pop("excess"), given.pop("right"), **given)
