"""drplan as a process of its own: on a terminal that a test reads and types on, or on pipes."""

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import drplan

ROOT = str(Path(drplan.__file__).parents[1])


class Child:
    """One running command; use it as a context manager, so that it never outlives its test."""

    def __init__(self, directory: Path, *arguments: str, terminal: bool = False, **environment: str) -> None:
        command = [sys.executable, "-m", "drplan", "-C", str(directory), *arguments]
        settings = {**os.environ, "PYTHONPATH": ROOT, "COLUMNS": "200", "TERM": "xterm-256color", **environment}
        self._master = -1
        self.text = ""
        if terminal:
            self._master, slave = pty.openpty()
            self.popen = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=settings)
            os.close(slave)
        else:
            self.popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=settings,
                text=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        for stream in (self.popen.stdout, self.popen.stderr):
            if stream:
                stream.close()
        if self._master >= 0:
            os.close(self._master)

    def read_until(self, words: str, seconds: float = 120) -> str:
        """Read from the terminal until some words stand there; with no words, until the process lets go of it."""
        while not words or words not in self.text:
            ready, _, _ = select.select([self._master], [], [], seconds)
            assert ready, f"{words!r} has not appeared in {self.text!r}"
            try:
                piece = os.read(self._master, 65536).decode()
            except OSError:  # Linux: the other end is closed
                piece = ""
            if not piece:
                assert not words, f"{words!r} has not appeared in {self.text!r}"
                break
            self.text += piece
        return self.text

    def type(self, text: str) -> None:
        """Type on the terminal."""
        os.write(self._master, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.popen.send_signal(signal.SIGINT)

    def end(self, seconds: float = 120) -> tuple[int, str, str]:
        """Wait for its end and return the exit code with what it printed: all on a terminal, else stdout and stderr."""
        if self._master >= 0:
            text = self.read_until("", seconds)
            return self.popen.wait(seconds), text, ""
        out, err = self.popen.communicate(timeout=seconds)
        return self.popen.returncode, out, err
