"""Threads are decided once, from what is asked, what is set, and what there is."""

import pytest

from rlmr import threads


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "LOCAL_WORLD_SIZE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(threads, "cores", lambda: 6)
    monkeypatch.setitem(__import__("sys").modules, "torch", None)


def test_the_recipe_wins_then_the_environment_then_the_cores(monkeypatch):
    assert threads.configure() == 6
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert threads.configure() == 3
    assert threads.configure(2) == 2


def test_processes_of_one_machine_share_its_cores(monkeypatch):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    assert threads.configure() == 2
