"""Files that are traps, of a repository that anybody may have opened a pull request for, and the ones drplan writes."""

import os
import stat
import threading
from pathlib import Path

import pytest

from drplan.project.files import MAX_BYTES, read_bytes, write_file
from drplan.project.specs import MAX_DEPTH

SPEC = "deployments: {churn: {label: Churn, model: {registered_model: churn, version: 1}}}\n"


@pytest.fixture
def shop(repository):
    """A project with one spec."""
    repository.write("drplan.yaml", "project: shop\nendpoint: emulator\n")
    repository.write("deployments/churn.yaml", SPEC)
    return repository


def refused(path: Path, within: Path | None = None) -> str:
    """Return why a file is not read."""
    with pytest.raises(OSError) as caught:
        read_bytes(path, within=within)
    return str(caught.value.strerror)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """Not a pipe that nobody writes to, a device without an end, a directory, nor a link that leads to itself."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    assert [refused(tmp_path / name) for name in ("pipe", "device")] == ["it is not a regular file"] * 2
    assert refused(tmp_path) == "Is a directory"
    assert refused(tmp_path / "loop") == "Too many levels of symbolic links"
    assert refused(tmp_path / "none") == "No such file or directory"


def test_only_so_much_is_read(tmp_path: Path) -> None:
    """A file of more bytes than the bound is refused, however little of the disk it takes."""
    for size, name in ((MAX_BYTES, "large"), (MAX_BYTES + 1, "larger")):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    assert len(read_bytes(tmp_path / "large")) == MAX_BYTES
    assert refused(tmp_path / "larger") == "it is larger than 50,000,000 bytes"


def test_a_link_out_of_the_project(shop) -> None:
    """No spec, nor the project file, is read from elsewhere: its errors would print lines of any file."""
    secret = shop.root.parent / "secret.yaml"
    secret.write_text("password: hunter2\n")
    for name in ("deployments/churn.yaml", "drplan.yaml"):
        path = shop.root / name
        kept = path.read_text()
        path.unlink()
        path.symlink_to(secret)
        ran = shop.drplan("validate")
        assert (ran.code, ran.err) == (
            3,
            f"Error: {name} cannot be read: it is a link that leads out of the project; copy what it names\n",
        )
        path.unlink()
        path.write_text(kept)


@pytest.mark.parametrize("name", ["Churn.YAML", "b.Yml"])
def test_the_case_of_a_suffix(shop, name: str) -> None:
    """A spec does not vanish, and its deployment is not deleted, because its name is in capitals."""
    (shop.root / "deployments/churn.yaml").rename(shop.root / "deployments" / name)
    ran = shop.drplan("validate")
    assert (ran.code, ran.out) == (0, "Valid: 1 resource.\n")


def test_names_that_begin_with_a_dot(shop) -> None:
    """An editor's lock, which is a link to nowhere, and copies that tools leave are not specs, and stop nothing."""
    (shop.root / "deployments/.#churn.yaml").symlink_to("ada@machine.4711")
    (shop.root / "deployments/.churn.yaml").write_text("][")
    shop.write("deployments/.cache/churn.yaml", "][")
    ran = shop.drplan("validate")
    assert (ran.code, ran.out) == (0, "Valid: 1 resource.\n")


def test_very_deep_directories(shop) -> None:
    """They are refused by name, and not entered any further."""
    deep = "/".join(["d"] * (MAX_DEPTH + 1))
    shop.write(f"deployments/{deep}/deeper/churn.yaml", SPEC)
    ran = shop.drplan("validate")
    assert ran.code == 3
    assert f"Error: deployments/{deep}:1:1: directories nest deeper than {MAX_DEPTH}\n" in ran.err
    assert ran.err.endswith("Error: 1 problem\n")


@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o640)])
def test_what_is_written_is_a_new_file(tmp_path: Path, private: bool, mode: int) -> None:
    """It takes the old one's place with the promised mode; a hard link to the old one keeps the old content."""
    path, other = tmp_path / "plan.json", tmp_path / "other"
    path.write_text("old")
    path.chmod(0o666)
    other.hardlink_to(path)
    before = os.umask(0o027)
    try:
        write_file(path, "new", private=private)
    finally:
        os.umask(before)
    assert (path.read_text(), other.read_text()) == ("new", "old")
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert sorted(each.name for each in tmp_path.iterdir()) == ["other", "plan.json"]


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """Neither to a file that is there nor to one that is not."""
    (tmp_path / "real").write_text("old")
    for name in ("real", "gone"):
        link = tmp_path / f"to-{name}"
        link.symlink_to(name)
        with pytest.raises(OSError, match="it is a link") as caught:
            write_file(link, "new")
        assert caught.value.strerror == "it is a link, and nothing is written through one; name the file itself"
    assert (tmp_path / "real").read_text() == "old"
    assert not (tmp_path / "gone").exists()


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    """Where the new file cannot take its place, it is gone again."""
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(OSError):
        write_file(tmp_path / "plan.json", "new")
    assert [each.name for each in tmp_path.iterdir()] == ["plan.json"]


def test_a_pipe_is_written_to(shop) -> None:
    """`--out PIPE` hands the plan to who reads there, and the pipe stays a pipe."""
    pipe = shop.root / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    ran = shop.drplan("plan", "--out", "pipe")
    reader.join()
    assert ran.code == 0
    assert read[0].startswith('{"format_version":')
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_out_through_a_link(shop) -> None:
    """`--out LINK` is refused with a sentence."""
    (shop.root / "link.json").symlink_to("real.json")
    ran = shop.drplan("plan", "--out", "link.json")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        64,
        "Error: link.json cannot be written: it is a link, and nothing is written through one; name the file itself",
    )
