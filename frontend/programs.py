"""A program's side of the API: a small client, and one complete trade driven through it."""

import hashlib
import http.client
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BLOCK_BYTES: Final = 1024 * 1024
WAIT_S: Final = 120.0
# Nobody behind the front server, or its database is away: whether the request took effect is not known. 429: later.
UNANSWERED: Final = frozenset({429, 502, 503, 504})
Answer = TypeVar("Answer")


class Refused(Exception):
    """The API answered with a problem."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status, self.body = status, body
        super().__init__(f"{status} {body.get('title', '')}: {body.get('detail', '')}")


@dataclass(frozen=True, slots=True)
class Client:
    """One account's calls to a running market."""

    url: str
    key: str

    def call(self, method: str, path: str, body: Any = None, *, once: str = "") -> Any:
        """Call the API with a JSON body and give its JSON answer. Raises Refused, OSError, HTTPException.

        once: under the same one a request that makes something may be sent again; it makes nothing new.
        """
        data = json.dumps(body).encode() if body is not None else None
        return json.loads(self.raw(method, path, data, "application/json", once=once) or b"null")

    def raw(
        self,
        method: str,
        path: str,
        data: Any = None,
        media_type: str = "application/octet-stream",
        *,
        once: str = "",
    ) -> bytes:
        """Call the API and give the answer's bytes. A file object is streamed. Raises as `call`."""
        parts = urlsplit(self.url)
        connection = _connect(parts.scheme, parts.netloc)
        headers = {"Authorization": f"Bearer {self.key}", "Accept-Language": "zh"}
        if data is not None:
            headers["Content-Type"] = media_type
        if once:
            headers["Idempotency-Key"] = once
        if hasattr(data, "fileno"):
            headers["Content-Length"] = str(os.fstat(data.fileno()).st_size)  # else it would go in chunks
        try:
            connection.request(method, f"{parts.path}/api{path}", body=data, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status >= 400:
            raise Refused(response.status, _problem(answer))
        return answer

    def upload(self, path: Path, name: str) -> dict[str, Any]:
        """Stream a file to the market."""
        query = urlencode({"filename": path.name, "name": name})
        with path.open("rb") as file:
            answer = self.raw("POST", f"/listings/resources?{query}", file)
        found: dict[str, Any] = json.loads(answer)
        return found


def _connect(scheme: str, netloc: str) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    return kind(netloc, timeout=120)


def _problem(answer: bytes) -> dict[str, Any]:
    try:
        body = json.loads(answer)
    except ValueError:
        return {"title": answer[:200].decode(errors="replace")}
    return body if isinstance(body, dict) else {"title": str(body)}


def download(address: str) -> tuple[str, int]:
    """Fetch a signed address; answers the SHA-256 in hex and the number of bytes.

    Raises Refused, OSError (also when the answer breaks off), HTTPException.
    """
    parts = urlsplit(address)
    connection = _connect(parts.scheme, parts.netloc)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        if response.status != 200:
            raise Refused(response.status, _problem(response.read()))
        digest, size = hashlib.sha256(), 0
        for block in iter(lambda: response.read(BLOCK_BYTES), b""):
            digest.update(block)
            size += len(block)
        if size != int(response.headers["Content-Length"]):  # reading in blocks, http.client does not mind
            raise ConnectionError(f"the download broke off after {size} bytes")
    finally:
        connection.close()
    return digest.hexdigest(), size


def _is_lost(error: Exception) -> bool:
    """Whether nobody can say what became of the request; a log that is a step behind has answered."""
    if isinstance(error, Refused):
        return error.status in UNANSWERED and not _is_behind(error)
    return True


def _is_behind(refusal: Refused) -> bool:
    return str(refusal.body.get("type")).endswith("/not-yet-logged")


@dataclass(frozen=True, slots=True)
class Account:
    """A role's key for the API and, for signatories, the signing key that the market never had."""

    client: Client
    signing_key: Ed25519PrivateKey | None = None
    key_id: str = ""

    def sign(self, document: bytes) -> dict[str, str]:
        """The body of a signature over the SHA-256 of exact bytes."""
        if self.signing_key is None:
            raise ValueError("this account has no signing key")
        return {"key": self.key_id, "signature": self.signing_key.sign(hashlib.sha256(document).digest()).hex()}


def is_own(url: str) -> bool:
    """Whether an address is on this machine, so that the demonstration's keys may go there. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url} is not an address: write it as http://localhost:8000")
    host = parts.hostname
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name: who answers to it is for others to say
        return False


def accounts(path: Path, url: str | None) -> tuple[str, dict[str, Account]]:
    """The accounts in a keys file: {"url", "accounts": {role: {"api_key", "signing_key"?, "key"?}}}.

    Raises ValueError with a sentence for a file of another shape.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
        base = (url or found["url"]).rstrip("/")
        return base, {
            role: Account(
                client=Client(url=base, key=each["api_key"]),
                signing_key=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(each["signing_key"]))
                if each.get("signing_key")
                else None,
                key_id=each.get("key", ""),
            )
            for role, each in found["accounts"].items()
            if each.get("api_key")
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is not a keys file: {error}") from error


@dataclass(slots=True)
class OneTrade:
    """One complete trade on one file, step by step; each step says its name when it is done.

    Where an answer is lost, the step asks what became of it and goes on: whatever is killed meanwhile, each thing is
    made once.
    """

    accounts: dict[str, Account]
    file: Path
    price_minor: int = 48_000
    purpose: str = "internal-analysis"
    say: Callable[[str, float], None] = lambda step, seconds: None
    parts: tuple[str, ...] = ()  # empty: all of STEPS
    steps: list[dict[str, Any]] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)
    run_key: str = field(default_factory=lambda: secrets.token_hex(8))
    has_answered: bool = field(default=False, init=False)

    def run(self) -> bytes:
        """Drive the trade from upload to proof, or the named part of it; the answer is its bundle, if it came so far.

        Raises Refused, TimeoutError, OSError, HTTPException.
        """
        for name in self.parts or STEPS:
            began = time.monotonic()
            getattr(self, name)()
            seconds = round(time.monotonic() - began, 3)
            self.steps.append({"step": name, "seconds": seconds})
            self.say(name, seconds)
        bundle: bytes = self.found.get("bundle", b"")
        return bundle

    def _of(self, role: str) -> Client:
        return self.accounts[role].client

    def upload(self) -> None:
        """The supplier's file, or the one it holds already with the same fingerprint."""
        try:
            resource = self._surely(lambda: self._of("supplier").upload(self.file, self.file.name))
            self.found["resource"] = resource["id"]
        except Refused as refusal:
            twin = refusal.body.get("resource")
            if refusal.status != 409 or not twin:
                raise
            self.found["resource"] = str(twin).removeprefix("urn:uuid:")

    def read(self) -> None:
        """Wait until the locked child has read it."""
        for resource in self._poll("supplier", f"/listings/resources/{self.found['resource']}"):
            if resource["state"] == "refused":
                raise Refused(422, {"title": "the file could not be read", "detail": json.dumps(resource["problem"])})
            if resource["state"] == "ready":
                self.found["findings"] = resource["findings"]
                return

    def describe(self) -> None:
        """A product on it, with price and licence."""
        supplier = self._of("supplier")
        description = {
            "resource": self.found["resource"],
            "title": self.file.stem[:100] or self.file.name,
            "abstract": f"{self.file.name}，由程序经接口挂牌。",
            "sector": "other",
            "district": "140100",
            "frequency": "008",
            "source_type": "004",
            "source_statement": "文件由供方账户通过接口提交，来源由该账户负责说明。",
            "rights_type": "use",
            "rights_basis": "供方合法取得并有权提供使用",
            "contact": "接口账户",
            "contains_pi": bool(self.found["findings"]),
        }
        self.found["version"] = self._make(supplier, "/listings/versions", description)["id"]
        usage = {"term_days": 365, "uses_max": 10, "purposes": [self.purpose], "territory": ["CN"]}
        offer = {"name": "单次下载", "price_minor": self.price_minor, "usage": usage, "acceptance_days": 3}
        self.found["offer"] = self._make(supplier, f"/listings/versions/{self.found['version']}/offers", offer)["id"]

    def submit(self) -> None:
        """Into review."""
        self._step("supplier", f"/listings/versions/{self.found['version']}", "submission", {"submitted", "listed"})

    def approve(self) -> None:
        """The operator's reviewer lists it."""
        listed = {"publicity", "listed"}
        self._step("reviewer", f"/listings/versions/{self.found['version']}", "approval", listed)

    def request(self) -> None:
        """The buyer asks."""
        body = {"offer": self.found["offer"], "purpose": self.purpose}
        negotiation = self._make(self._of("buyer"), "/contracts/negotiations", body)
        self.found |= {"negotiation": negotiation["id"], "trade": negotiation["thread"]}

    def agree(self) -> None:
        """The supplier signs the draft's exact bytes."""
        self._sign("supplier", "agreement", {"AGREED", "VERIFIED", "FINALIZED"})

    def sign(self) -> None:
        """The buyer signs the same bytes."""
        self._sign("buyer", "verification", {"FINALIZED"})

    def _sign(self, role: str, step: str, signed: set[str]) -> None:
        account = self.accounts[role]
        path = f"/contracts/negotiations/{self.found['negotiation']}"
        document = self._surely(lambda: account.client.raw("GET", f"{path}/draft"))
        self._step(role, path, step, signed, account.sign(document))

    def pay(self) -> None:
        """The operator's clerk imports the bank's statement with the buyer's transfer."""
        trade = self._get("buyer", f"/contracts/trades/{self.found['trade']}")
        payment = trade["payment"]
        if payment is None:
            return  # free
        amount = f"{payment['amount_minor'] // 100}.{payment['amount_minor'] % 100:02d}"
        serial = hashlib.sha256(payment["payment_reference"].encode()).hexdigest()[:16].upper()
        now = time.localtime()
        rows = (
            "交易日期,交易时间,交易流水号,借方发生额,贷方发生额,对方户名,对方账号,摘要\r\n"
            f"{time.strftime('%Y-%m-%d', now)},{time.strftime('%H:%M:%S', now)},{serial},,{amount},"
            f"{payment['payer_name']},,{payment['payment_reference']}\r\n"
        )
        name = quote(f"statement-{serial}.csv")
        path = f"/settlement/statements?name={name}"
        # The same bytes again are the same statement.
        self._surely(lambda: self._of("clerk").raw("POST", path, rows.encode("utf-8"), "text/csv"))

    def open_access(self) -> None:
        """Wait until the payment is in escrow and the grant open."""
        for trade in self._poll("buyer", f"/contracts/trades/{self.found['trade']}"):
            if trade["grant"]:
                self.found |= {"grant": trade["grant"], "period": trade["periods"][-1]["id"]}
                return

    def download(self) -> None:
        """Open a use, fetch the file, compare its fingerprint, close the use."""
        buyer = self._of("buyer")
        path = f"/delivery/grants/{self.found['grant']}/uses"
        use = self._make(buyer, path, {"purpose": self.purpose}, once=self.found.get("use_key", ""))
        digest, _size = self._surely(lambda: download(use["address"]))
        with self.file.open("rb") as file:
            if digest != hashlib.file_digest(file, "sha256").hexdigest():
                raise Refused(422, {"title": "the delivered file differs from the one uploaded"})
        self._surely(lambda: buyer.call("POST", f"/delivery/uses/{use['id']}/close"))

    def accept(self) -> None:
        """The buyer, who has compared the file, accepts; escrow is divided.

        Without waiting until the market has seen the file leave: a delivery server that was killed may never tell.
        """
        buyer, period = self._of("buyer"), self.found["period"]

        def accepted() -> Any:
            trade = buyer.call("GET", f"/contracts/trades/{self.found['trade']}")
            return trade if trade["periods"][-1]["state"] == "settled" else None

        self._surely(lambda: buyer.call("POST", f"/contracts/periods/{period}/acceptance"), accepted)

    def prove(self) -> None:
        """Take the bundle as soon as every step has its place in the signed log."""
        deadline = time.monotonic() + WAIT_S
        path = f"/contracts/trades/{self.found['trade']}/bundle"
        while True:
            try:
                self.found["bundle"] = self._surely(lambda: self._of("buyer").raw("GET", path))
            except Refused as refusal:
                if not _is_behind(refusal) or time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
            else:
                return

    def _get(self, role: str, path: str) -> Any:
        return self._surely(lambda: self._of(role).call("GET", path))

    def _make(self, client: Client, path: str, body: dict[str, Any], *, once: str = "") -> Any:
        """Make something, once, however often it must be asked for; `once` names it across runs of this program."""
        name = once or f"{self.run_key}{path}"[:80]
        return self._surely(lambda: client.call("POST", path, body, once=name))

    def _step(self, role: str, path: str, step: str, done: set[str], body: Any = None) -> None:
        """Take a step of a thing that tells its state; in the states `done` it was taken."""
        client = self._of(role)

        def taken() -> Any:
            thing = client.call("GET", path)
            return thing if thing["state"] in done else None

        self._surely(lambda: client.call("POST", f"{path}/{step}", body), taken)

    def _surely(self, act: Callable[[], Answer], done: Callable[[], Answer | None] = lambda: None) -> Answer:
        """Act; where the answer was lost, ask whether it was `done` all the same, and else act again.

        Without `done` acting twice must be harmless. Where nothing ever answered, the first failure stands.
        """
        deadline, pause, was_lost, was_overtaken = time.monotonic() + WAIT_S, 0.1, False, False
        while True:
            try:
                answer = done() if was_lost else None
                if answer is None:
                    answer = act()
            except (ConnectionError, TimeoutError, http.client.HTTPException, Refused) as error:
                # The market itself says these: it is there, and comes back.
                self.has_answered |= isinstance(error, Refused) and error.status in {429, 503}
                # The lost request may have been under way still when we asked, and have won against its twin.
                is_overtaken = was_lost and not was_overtaken and isinstance(error, Refused) and error.status == 409
                if not (is_overtaken or _is_lost(error)) or not self.has_answered or time.monotonic() > deadline:
                    raise
                was_lost, was_overtaken = True, is_overtaken
            else:
                self.has_answered = True
                return answer
            time.sleep(pause)
            pause = min(pause * 1.5, 1.0)

    def _poll(self, role: str, path: str) -> Iterator[dict[str, Any]]:
        """Ask again and again, a little slower each time. Raises TimeoutError."""
        deadline, pause = time.monotonic() + WAIT_S, 0.05
        while time.monotonic() < deadline:
            yield self._get(role, path)
            time.sleep(pause)
            pause = min(pause * 1.5, 1.0)
        raise TimeoutError(f"{path} did not come further within {WAIT_S:.0f} s")


ROLES: Final = ("supplier", "buyer", "reviewer", "clerk")
STEPS: Final = (
    "upload",
    "read",
    "describe",
    "submit",
    "approve",
    "request",
    "agree",
    "sign",
    "pay",
    "open_access",
    "download",
    "accept",
    "prove",
)
