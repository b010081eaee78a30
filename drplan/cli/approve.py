"""`drplan approve`."""

import subprocess
from pathlib import Path

import click

from drplan.cli.files import write_public
from drplan.cli.globals import Globals
from drplan.cli.terminal import note, say
from drplan.errors import Refused, UsageError


@click.command()
@click.argument("planfile", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--key",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The SSH key to sign with: a private key, or the public key of one that an agent or a token holds.",
)
@click.option(
    "--expires", default="24h", show_default=True, metavar="DURATION", help="How long it counts: 24h, 90m, 7d, PT24H."
)
@click.option("--comment", default="", help="One line that says why.")
@click.pass_obj
def approve(given: Globals, planfile: Path, key: Path, expires: str, comment: str) -> None:
    """Approve a saved plan: sign its digest with an SSH key, through ssh-keygen.

    \b
    Examples:
      drplan show plan.json                                       read it first
      drplan approve plan.json --key ~/.ssh/id_ed25519
      drplan approve plan.json --key ~/.ssh/id_ed25519.pub --expires 7d --comment "CHG-1234"

    The statement and its signature are written beside the plan, as PLAN.KEY.approval and PLAN.KEY.approval.sig; give
    both to whoever applies the plan. Agents, passphrases and FIDO tokens work as they do with ssh. Nothing is sent.
    """
    from drplan.engine.admission import refuse_denied
    from drplan.engine.saved import read_plan
    from drplan.gate.approvals import SUFFIX, moment, statement
    from drplan.gate.approvals.signature import WrongSignature, signed
    from drplan.gate.durations import duration
    from drplan.render.text import findings_text, summary_line, target_line

    saved = read_plan(planfile)
    plan = saved.plan
    refuse_denied(plan)
    try:
        said = statement(saved.digest, given.now() + duration(expires), comment)
    except (ValueError, OverflowError) as error:
        raise UsageError(str(error)) from None
    for line in (target_line(plan), *findings_text(plan), summary_line(plan), f"Digest: {said.plan}"):
        say(line)
    signature = _sign(key, str(said).encode())
    try:
        name = signed(str(said).encode(), signature).fingerprint
    except WrongSignature as error:
        raise Refused(f"ssh-keygen's signature is no good: {error}; nothing was written") from None
    path = planfile.with_name(f"{planfile.name}.{_short(name)}{SUFFIX}")
    write_public(path, str(said))
    write_public(path.with_name(f"{path.name}.sig"), signature.decode())
    note(f"Approved until {moment(said.expires)} with the key {name}; kept in {path} and {path.name}.sig.")


def _sign(key: Path, content: bytes) -> bytes:
    """Return ssh-keygen's armoured signature; it asks for a passphrase or a touch on the terminal by itself."""
    from drplan.gate.approvals import NAMESPACE

    command = ["ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", str(key)]
    try:
        run = subprocess.run(command, input=content, stdout=subprocess.PIPE, check=False)  # noqa: S603  fixed words
    except FileNotFoundError:
        raise UsageError("there is no ssh-keygen on the PATH; install OpenSSH's client") from None
    if run.returncode:
        raise Refused(f"ssh-keygen has not signed with {key}; nothing was written")
    return run.stdout


def _short(fingerprint: str) -> str:
    """Return a part of a key's fingerprint that can stand in a file's name."""
    letters = fingerprint.partition(":")[2]
    return "".join(letter for letter in letters if letter.isalnum())[:12]
