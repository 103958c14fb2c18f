"""manage.py anchor and manage.py chain: the contract is made on the chain that was meant, the key stays outside."""

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from market.kernel import clock
from market.notifications.models import Task
from provenance import alerts, anchors, merkle
from provenance.anchor_models import Anchor, AnchorContract, Anchoring
from provenance.chain import accounts, contract
from provenance.chain.anchorer import Anchorer, note
from provenance.chain.errors import Misconfigured
from provenance.chain.evm import Evm
from provenance.management.commands.chain import Server, serve
from provenance.models import Checkpoint
from tests import builders

from . import nodes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server() -> Iterator[Server]:
    """The embedded chain behind its address."""
    found = serve()
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def use(server: Server) -> None:
    """What the command itself does at its start."""
    accounts.url_file().parent.mkdir(exist_ok=True)
    accounts.url_file().write_text(server.url)


def sign(size: int) -> None:
    root = merkle.root([merkle.leaf_hash(b"%d" % n) for n in range(size)])
    Checkpoint.objects.create(size=size, root=root, note=f"{size}", created_at=clock.now())


@pytest.fixture
def real(server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """A chain by its address, with a key in the environment that has money."""
    settings.CHAIN_RPC_URL = server.url
    monkeypatch.setenv("CHAIN_SIGNING_KEY", "0x" + nodes.KEY.hex())
    node = Evm.at(server.url)
    owner = accounts.signer(node).address
    order = {"from": node.account(), "to": owner, "value": 10**18, "gas": 21_000, **node.fees().members()}
    node.send(order, None)
    return str(node.chain_id())


def test_the_committed_contract_is_what_its_source_compiles_to() -> None:
    from vyper.compiler import compile_code
    from vyper.compiler.settings import Settings as Options

    source = Path(contract.__file__).with_name("anchor.vy").read_text("utf-8")
    made = compile_code(
        source, output_formats=["abi", "bytecode", "bytecode_runtime"], settings=Options(evm_version="paris")
    )

    assert made["abi"] == contract.abi()
    assert made["bytecode"] == "0x" + contract.bytecode().hex()
    assert made["bytecode_runtime"] == "0x" + contract.runtime().hex()


def test_the_embedded_chain_gets_its_contract_by_itself_and_older_anchors_read_reset(server: Server) -> None:
    use(server)
    sign(3)
    for _ in range(2):
        Anchorer().round()
    assert Anchor.objects.get().state == Anchor.State.FINAL

    second = serve()
    thread = threading.Thread(target=second.serve_forever)
    thread.start()
    use(second)
    for _ in range(3):
        Anchorer().round()
    second.shutdown()
    thread.join()
    second.server_close()

    assert [(each.state, each.vanished) for each in Anchor.objects.order_by("planned_at")] == [
        ("reset", 0),
        ("final", 0),
    ]
    assert AnchorContract.objects.filter(is_embedded=True).count() == 2
    assert anchors.standing().problem == ""


def test_an_address_that_was_guessed_is_not_answered(server: Server) -> None:
    import requests

    session = requests.Session()
    session.trust_env = False
    answer = session.post(f"http://127.0.0.1:{server.server_port}/", json={"method": "eth_accounts"}, timeout=5)

    assert answer.status_code == 404


def test_deploy_keeps_the_address_and_status_tells_it(real: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("anchor", "deploy", "--chain-id", real)

    made = AnchorContract.objects.get()
    assert made.address in capsys.readouterr().out
    with pytest.raises(CommandError, match="is in use"):
        call_command("anchor", "deploy", "--chain-id", real)
    call_command("anchor", "status", "--json")
    assert made.address in capsys.readouterr().out


def test_deploy_on_another_chain_than_was_meant_sends_nothing(real: str) -> None:
    with pytest.raises(CommandError, match="nothing was sent"):
        call_command("anchor", "deploy", "--chain-id", "1")

    assert not AnchorContract.objects.exists()


def test_once_anchors_and_tells_the_state_by_exit_code(real: str, capsys: pytest.CaptureFixture[str]) -> None:
    sign(3)
    with pytest.raises(SystemExit):
        call_command("anchor", "once")
    assert "no_contract" in capsys.readouterr().out

    call_command("anchor", "deploy", "--chain-id", real)
    call_command("anchor", "once")

    assert Anchor.objects.get().state == Anchor.State.SENT


def test_a_key_file_that_others_can_read_is_refused_and_no_sentence_holds_it(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.CHAIN_RPC_URL = server.url
    file = tmp_path / "key"
    file.write_text(nodes.KEY.hex())
    monkeypatch.setenv("CHAIN_SIGNING_KEY_FILE", str(file))
    file.chmod(0o644)
    with pytest.raises(Misconfigured, match="read by others"):
        accounts.signer(Evm.at(server.url))

    file.chmod(0o600)
    assert nodes.KEY.hex() not in repr(accounts.signer(Evm.at(server.url)))
    file.write_text(nodes.KEY.hex()[:-2])
    with pytest.raises(Misconfigured) as refusal:
        accounts.signer(Evm.at(server.url))
    assert nodes.KEY.hex()[:16] not in str(refusal.value)


def test_a_key_and_an_outside_signer_together_are_refused(real: str, server: Server, settings: Settings) -> None:
    settings.CHAIN_SIGNER = "0x" + "1" * 40

    with pytest.raises(Misconfigured, match="both set"):
        accounts.signer(Evm.at(server.url))


def test_what_hinders_is_the_system_administrators_turn_until_it_is_over(settings: Settings) -> None:
    settings.CHAIN_RPC_URL = "http://a-real-chain.invalid"
    builders.given_operator()
    note(Anchoring.Problem.UNREACHABLE, "cut off")
    alerts.tell()
    assert not Task.objects.filter(kind="anchoring.mend").exists()  # a node comes back by itself, mostly

    with clock.shifted(alerts.AFTER):
        alerts.tell()
    assert Task.objects.get(kind="anchoring.mend", done_at=None).roles == ["sysadmin"]
    note("", "")
    alerts.tell()

    assert not Task.objects.filter(kind="anchoring.mend", done_at=None).exists()


def test_web_processes_load_neither_chain_nor_key() -> None:
    program = (
        "import sys, django; django.setup(); import market.wsgi, market.urls; from django.conf import settings;"
        "sys.exit(any(name in sys.modules for name in ('web3', 'eth_account', 'eth_tester'))"
        " or any('5b5b5b' in str(getattr(settings, name)) for name in dir(settings)))"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "market.settings", "CHAIN_SIGNING_KEY": nodes.KEY.hex()}

    assert subprocess.run([sys.executable, "-c", program], env=env, cwd=django_settings.BASE_DIR).returncode == 0


def test_a_deeply_nested_answer_ends_no_process() -> None:
    assert sys.getrecursionlimit() <= 1_000


def test_the_chain_as_a_process_says_where_it_answers_and_ends_when_told(tmp_path: Path) -> None:
    env = {**os.environ, "VAR_DIR": str(tmp_path)}
    command = [sys.executable, str(django_settings.BASE_DIR / "manage.py"), "chain", "--skip-checks"]
    process = subprocess.Popen(command, env=env, cwd=django_settings.BASE_DIR)
    try:
        file = tmp_path / "chain" / "url"
        for _ in range(600):
            if file.exists():
                break
            threading.Event().wait(0.05)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert Evm.at(file.read_text()).block_number() == 0
    finally:
        process.terminate()
    assert process.wait(10) == 0
