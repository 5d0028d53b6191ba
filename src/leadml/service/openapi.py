"""The description of the service, written from the shapes that it really uses."""

from http import HTTPStatus
from typing import Any

from pydantic.json_schema import models_json_schema

from leadml import __version__
from leadml.history.requests import ScoreRequest
from leadml.service.answers import ErrorAnswer, ScoreAnswers

_SHAPE = "#/components/schemas/{model}"
_FAULTS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def describe() -> dict[str, Any]:
    """Describe the service as OpenAPI 3.1.

    Examples
    --------
    >>> sorted(describe()["paths"])
    ['/v1/openapi.json', '/v1/score']
    """
    _, shapes = models_json_schema(
        [(ScoreRequest, "validation"), (ScoreAnswers, "serialization"), (ErrorAnswer, "serialization")],
        ref_template=_SHAPE,
    )
    score = {
        "operationId": "score",
        "summary": "Score leads, with reasons",
        "description": "Every answer is stored before it is given; without `as_of` its facts are, too.",
        "parameters": [
            {
                "name": "Accept-Language",
                "in": "header",
                "description": "Language of errors; answers hold both.",
                "schema": {"type": "string", "examples": ["en", "ja"]},
            }
        ],
        "requestBody": {"required": True, "content": _json("ScoreRequest")},
        "responses": {
            "200": {"description": "One answer a lead.", "content": _json("ScoreAnswers")},
            **{str(int(fault)): {"description": fault.phrase, "content": _json("ErrorAnswer")} for fault in _FAULTS},
        },
    }
    itself = {
        "operationId": "openapi",
        "summary": "This description",
        "responses": {
            "200": {
                "description": "OpenAPI 3.1",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "leadml", "version": __version__, "description": "Lead scores with their reasons."},
        "paths": {"/v1/score": {"post": score}, "/v1/openapi.json": {"get": itself}},
        "components": {"schemas": shapes["$defs"]},
    }


def _json(shape: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _SHAPE.format(model=shape)}}}
