"""Links below deployments/: one that hides a spec is an error, because what no spec mentions is deleted."""

import pytest


@pytest.fixture
def shop(repository):
    """A project without specs of its own, and one outside of deployments/."""
    repository.write("drplan.yaml", "project: shop\nendpoint: emulator\n")
    repository.write(
        "elsewhere/churn.yaml", "deployments: {churn: {label: Churn, model: {registered_model: churn, version: 1}}}\n"
    )
    (repository.root / "deployments").mkdir()
    return repository


def test_a_link_to_a_file_is_read(shop):
    """A linked file is a spec like others."""
    (shop.root / "deployments/churn.yaml").symlink_to("../elsewhere/churn.yaml")
    ran = shop.drplan("validate")
    assert (ran.code, ran.out) == (0, "Valid: 1 resource.\n")


def test_a_link_that_leads_nowhere(shop):
    """A dangling link is a file that cannot be read, not a file that is not there."""
    (shop.root / "deployments/churn.yaml").symlink_to("../gone/churn.yaml")
    ran = shop.drplan("validate")
    assert (ran.code, ran.err) == (3, "Error: deployments/churn.yaml cannot be read: No such file or directory\n")


def test_links_to_directories(shop):
    """Directories behind links are not followed, and every such link is reported."""
    for name in ("team", "other"):
        (shop.root / "deployments" / name).symlink_to("../elsewhere")
    ran = shop.drplan("validate")
    expected = [
        line
        for name in ("other", "team")
        for line in (
            f"Error: deployments/{name}:1:1: a link to a directory is not followed",
            "  link to its files one by one",
        )
    ]
    assert (ran.code, ran.err.splitlines()) == (3, [*expected, "Error: 2 problems"])
