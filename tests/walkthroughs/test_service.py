"""Train, serve, ask: through HTTP and a server that is really started."""

import random
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from ruamel.yaml import YAML

import leadml
from leadml import clock
from leadml.history.tables import FACT_TABLES
from leadml.service.answers import ErrorAnswer, ScoreAnswers
from leadml.service.endpoint import LARGEST_BODY
from leadml.store.ledger import Ledger

ROOT = Path(__file__).parents[2]
AS_OF = "2026-03-01T00:00:00Z"
SECONDS = 180
LEAD = {"lead_id": "L1", "created_at": "2026-03-01T09:00:00Z", "activities": []}
BENTOML = [sys.executable, "-m", "bentoml"]


def test_the_answer_over_http_is_the_answer_of_the_command_line(project, client, run_leadml, facts_about):
    created = {lead["lead_id"]: lead["created_at"] for lead in facts_about(project.history.lead_ids)}
    there = sorted(lead_id for lead_id, at in created.items() if at < AS_OF)
    drawn = random.Random(7).sample(there, 200)
    asked = [word for lead_id in drawn for word in ("--lead", lead_id)]
    said = run_leadml("score", "--as-of", AS_OF, "--json", *asked, folder=project.folder).stdout
    leads = facts_about(drawn)
    assert {int, float, str} <= {type(value) for lead in leads for value in lead["company"]["attributes"].values()}
    response = client.post("/v1/score", json={"as_of": AS_OF, "leads": leads})
    assert response.status_code == 200
    over_http, batch = response.json()["answers"], orjson.loads(said)["answers"]
    assert [answer["lead_id"] for answer in batch] == drawn
    # Else equal answers would prove little. So small a CRM gets the rules alone, whose points are few.
    assert len({answer["score_unclipped"] for answer in batch}) > 50
    assert over_http == batch


def test_a_live_answer_is_in_the_ledger_with_its_facts(project, client, facts_about):
    (lead,) = facts_about([project.history.lead_ids[0]])
    answer = client.post("/v1/score", json={"leads": [lead]}).json()
    ScoreAnswers.model_validate(answer)
    ledger = Ledger(project.folder / ".leadml" / "ledger.db")
    assert ledger.answers(lead["lead_id"])[-1] == answer["answers"][0]
    assert ledger.facts(lead["lead_id"])[-1][1]["activities"] == lead["activities"]
    ledger.close()


def test_why_tells_what_changed_between_two_live_answers(project, client, facts_about, run_leadml):
    (lead,) = facts_about([project.history.lead_ids[1]])
    lead = {**lead, "lead_id": "asked-twice"}
    first = client.post("/v1/score", json={"leads": [lead]}).json()["answers"][0]
    visit = {"activity": "page_view", "content": "pricing"}
    visits = [{"happened_at": clock.to_iso(clock.now() - hours * clock.HOUR), **visit} for hours in (1, 2)]
    more = {**lead, "activities": [*lead["activities"], *visits]}
    second = client.post("/v1/score", json={"leads": [more]}).json()["answers"][0]
    said = run_leadml("why", "asked-twice", "--since", first["as_of"], "--json", folder=project.folder).stdout
    change = orjson.loads(said)
    assert change["from_ledger"]
    assert change["first"]["remade"]
    assert change["second"]["remade"]
    assert [change["first"]["score"], change["second"]["score"]] == [first["score"], second["score"]]
    points = {part["part"]: part["points_exact"] for part in change["parts"]}
    assert sum(points.values()) == pytest.approx(second["score_unclipped"] - first["score_unclipped"], abs=1e-9)
    assert points["data"] > 0
    assert points["model"] == points["promises"] == 0


def test_a_table_left_out_is_not_known_and_an_empty_one_is(client):
    unknown, nothing = {**LEAD, "lead_id": "L2"}, {**LEAD, "lead_id": "L3", "stage_changes": []}
    first, second = client.post("/v1/score", json={"leads": [unknown, nothing]}).json()["answers"]
    assert "stage_changes" in first["not_known"]
    assert "stage_changes" not in second["not_known"]


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("status", "code", "request_"),
    [
        (400, "not_json", {"content": b"{", "headers": JSON}),
        (400, "not_json", {"content": b'{"leads": "\xff"}', "headers": JSON}),
        (400, "not_json", {"content": b"{}", "headers": {"Content-Type": "text/plain"}}),
        (413, "body_too_large", {"content": b" " * (LARGEST_BODY + 1), "headers": JSON}),
        (422, "unknown_key", {"json": {"leads": [LEAD], "asof": AS_OF}}),
        (422, "lead_without_facts", {"json": {"leads": [{"lead_id": "L1", "created_at": AS_OF}]}}),
        (422, "not_a_time", {"json": {"leads": [{**LEAD, "created_at": "soon"}]}}),
        (422, "fact_in_future", {"json": {"leads": [{**LEAD, "created_at": "2999-01-01T00:00:00Z"}]}}),
        (422, "as_of_in_future", {"json": {"leads": [LEAD], "as_of": "2999-01-01T00:00:00Z"}}),
        (422, "as_of_before_lead", {"json": {"leads": [LEAD], "as_of": "2026-02-01T00:00:00Z"}}),
        (422, "problems", {"json": {"leads": [LEAD, LEAD], "as_of": AS_OF, "x": 1, "y": 2}}),
        (404, "not_found", {"url": "/v1/scores"}),
        (405, "method_not_allowed", {"url": "/v1/score", "method": "GET"}),
    ],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_error_has_one_shape_in_the_language_asked_for(client, language, status, code, request_):
    request_ = {"method": "POST", "url": "/v1/score", **request_}
    headers = {**request_.pop("headers", {}), "Accept-Language": f"{language};q=0.9, fr"}
    response = client.request(headers=headers, **request_)
    assert response.status_code == status
    assert response.headers["Content-Language"] == language
    told = ErrorAnswer.model_validate(response.json())
    assert told.error.code == code
    assert all(part for problem in (told.error, *told.problems) for part in (problem.what, problem.why, problem.fix))
    assert told.error.what.isascii() == (language == "en")


def send_without_end(line, *, at_most):
    for _ in range(at_most // 65536):
        line.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")


def test_a_body_without_end_is_cut_off(client):
    with socket.create_connection(("127.0.0.1", client.base_url.port), timeout=10) as line:
        line.sendall(
            b"POST /v1/score HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        with pytest.raises(ConnectionError):
            send_without_end(line, at_most=20 * LARGEST_BODY)
    assert client.get("/livez").is_success


def listens_elsewhere(client):
    """Whether another address of this machine answers too: a server at 0.0.0.0 has them all."""
    with socket.socket() as line:
        line.settimeout(2)
        return line.connect_ex(("127.0.0.2", client.base_url.port)) == 0


def test_only_this_machine_can_reach_the_service(client):
    assert not listens_elsewhere(client)


def test_the_description_names_what_is_sent_and_answered(client):
    described = client.get("/v1/openapi.json").json()
    content = described["paths"]["/v1/score"]["post"]["requestBody"]["content"]
    assert content["application/json"]["schema"]["$ref"] == "#/components/schemas/ScoreRequest"
    assert set(FACT_TABLES) < set(described["components"]["schemas"]["LeadRecord"]["properties"])
    assert {"ScoreAnswers", "ErrorAnswer"} < set(described["components"]["schemas"])


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_health_and_metrics_are_there(client, path):
    assert client.get(path).is_success


def test_nothing_is_started_without_a_champion(environment, free_port, tmp_path):
    command = [*BENTOML, "serve", "leadml.service.bento:LeadScoring", "--port", str(free_port())]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 1
    assert "leadml train" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def root(project, tmp_path):
    """Stand in for the repository's root after a training: definitions, champion, code and bentofile.yaml."""
    root = tmp_path / "root"
    shutil.copytree(project.folder, root, ignore=shutil.ignore_patterns("demo", "ml*", "ledger*"))
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "bentofile.yaml", root)
    return root


def test_plain_bentoml_serve_works_at_the_root_of_the_repository(root, project, started, facts_about):
    batch = project.score(as_of=AS_OF)[0].to_dict()
    asked = {"as_of": AS_OF, "leads": facts_about([batch["lead_id"]])}
    with started([*BENTOML, "serve"], folder=root, log=root / "serve.log") as client:
        response = client.post("/v1/score", json=asked)
        assert not listens_elsewhere(client)
    assert (response.status_code, response.json()["answers"]) == (200, [batch])
    assert (root / ".leadml" / "ledger.db").is_file()  # it was this folder that answered


def test_a_bento_answers_with_its_own_project_and_code(root, project, environment, started, facts_about, tmp_path):
    package = root / "src" / "leadml" / "__init__.py"
    package.write_text(package.read_text("utf-8").replace(leadml.__version__, "9.9.9"), encoding="utf-8")
    build = [*BENTOML, "build", "--output", "tag", str(root)]
    subprocess.run(build, env=environment, cwd=tmp_path, check=True, capture_output=True, timeout=SECONDS)

    command = [*BENTOML, "serve", "lead_scoring:latest"]
    with started(command, folder=tmp_path, log=tmp_path / "serve.log") as client:
        assert client.get("/v1/openapi.json").json()["info"]["version"] == "9.9.9"
        assert not listens_elsewhere(client)
        batch = project.score(as_of=AS_OF)[0].to_dict()
        asked = {"as_of": AS_OF, "leads": facts_about([batch["lead_id"]])}
        answers = client.post("/v1/score", json=asked).json()["answers"]
    assert answers == [batch]


def test_nothing_is_started_over_a_ledger_that_is_none(root, environment, free_port):
    (root / ".leadml" / "ledger.db").write_text("this is no ledger\n" * 100, "utf-8")
    command = [*BENTOML, "serve", "--port", str(free_port())]
    done = subprocess.run(
        command, env=environment, cwd=root, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 1
    assert "The ledger of answers cannot be used: file is not a database\n  Why: " in done.stderr
    assert "  Where: ledger.db\n  Fix:   Check that the file is leadml's own" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bento_asks_for_the_packages_that_leadml_asks_for():
    wanted = YAML(typ="safe").load((ROOT / "bentofile.yaml").read_text("utf-8"))["python"]["packages"]
    declared = (ROOT / "pyproject.toml").read_text("utf-8")
    assert [package for package in wanted if f'"{package}"' not in declared] == []
