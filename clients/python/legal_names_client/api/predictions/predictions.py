from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.prediction_page import PredictionPage
from ...models.predictions_profile import check_predictions_profile
from ...models.predictions_profile import PredictionsProfile
from ...models.predictions_verdict import check_predictions_verdict
from ...models.predictions_verdict import PredictionsVerdict
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast
from uuid import UUID
import datetime



def _get_kwargs(
    *,
    created_from: datetime.datetime | Unset = UNSET,
    created_to: datetime.datetime | Unset = UNSET,
    cursor: UUID | Unset = UNSET,
    limit: int | Unset = 50,
    profile: PredictionsProfile | Unset = UNSET,
    verdict: PredictionsVerdict | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    json_created_from: str | Unset = UNSET
    if not isinstance(created_from, Unset):
        json_created_from = created_from.isoformat()
    params["created_from"] = json_created_from

    json_created_to: str | Unset = UNSET
    if not isinstance(created_to, Unset):
        json_created_to = created_to.isoformat()
    params["created_to"] = json_created_to

    json_cursor: str | Unset = UNSET
    if not isinstance(cursor, Unset):
        json_cursor = str(cursor)
    params["cursor"] = json_cursor

    params["limit"] = limit

    json_profile: str | Unset = UNSET
    if not isinstance(profile, Unset):
        json_profile = profile

    params["profile"] = json_profile

    json_verdict: str | Unset = UNSET
    if not isinstance(verdict, Unset):
        json_verdict = verdict

    params["verdict"] = json_verdict


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/predictions",
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> PredictionPage | Problem | None:
    if response.status_code == 200:
        response_200 = PredictionPage.from_dict(response.json())



        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())



        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())



        return response_403

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())



        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[PredictionPage | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    created_from: datetime.datetime | Unset = UNSET,
    created_to: datetime.datetime | Unset = UNSET,
    cursor: UUID | Unset = UNSET,
    limit: int | Unset = 50,
    profile: PredictionsProfile | Unset = UNSET,
    verdict: PredictionsVerdict | Unset = UNSET,

) -> Response[PredictionPage | Problem]:
    """  List your own answers, newest first.

    Args:
        created_from (datetime.datetime | Unset):
        created_to (datetime.datetime | Unset):
        cursor (UUID | Unset):
        limit (int | Unset):  Default: 50.
        profile (PredictionsProfile | Unset):
        verdict (PredictionsVerdict | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PredictionPage | Problem]
     """


    kwargs = _get_kwargs(
        created_from=created_from,
created_to=created_to,
cursor=cursor,
limit=limit,
profile=profile,
verdict=verdict,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    created_from: datetime.datetime | Unset = UNSET,
    created_to: datetime.datetime | Unset = UNSET,
    cursor: UUID | Unset = UNSET,
    limit: int | Unset = 50,
    profile: PredictionsProfile | Unset = UNSET,
    verdict: PredictionsVerdict | Unset = UNSET,

) -> PredictionPage | Problem | None:
    """  List your own answers, newest first.

    Args:
        created_from (datetime.datetime | Unset):
        created_to (datetime.datetime | Unset):
        cursor (UUID | Unset):
        limit (int | Unset):  Default: 50.
        profile (PredictionsProfile | Unset):
        verdict (PredictionsVerdict | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PredictionPage | Problem
     """


    return sync_detailed(
        client=client,
created_from=created_from,
created_to=created_to,
cursor=cursor,
limit=limit,
profile=profile,
verdict=verdict,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    created_from: datetime.datetime | Unset = UNSET,
    created_to: datetime.datetime | Unset = UNSET,
    cursor: UUID | Unset = UNSET,
    limit: int | Unset = 50,
    profile: PredictionsProfile | Unset = UNSET,
    verdict: PredictionsVerdict | Unset = UNSET,

) -> Response[PredictionPage | Problem]:
    """  List your own answers, newest first.

    Args:
        created_from (datetime.datetime | Unset):
        created_to (datetime.datetime | Unset):
        cursor (UUID | Unset):
        limit (int | Unset):  Default: 50.
        profile (PredictionsProfile | Unset):
        verdict (PredictionsVerdict | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PredictionPage | Problem]
     """


    kwargs = _get_kwargs(
        created_from=created_from,
created_to=created_to,
cursor=cursor,
limit=limit,
profile=profile,
verdict=verdict,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    created_from: datetime.datetime | Unset = UNSET,
    created_to: datetime.datetime | Unset = UNSET,
    cursor: UUID | Unset = UNSET,
    limit: int | Unset = 50,
    profile: PredictionsProfile | Unset = UNSET,
    verdict: PredictionsVerdict | Unset = UNSET,

) -> PredictionPage | Problem | None:
    """  List your own answers, newest first.

    Args:
        created_from (datetime.datetime | Unset):
        created_to (datetime.datetime | Unset):
        cursor (UUID | Unset):
        limit (int | Unset):  Default: 50.
        profile (PredictionsProfile | Unset):
        verdict (PredictionsVerdict | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PredictionPage | Problem
     """


    return (await asyncio_detailed(
        client=client,
created_from=created_from,
created_to=created_to,
cursor=cursor,
limit=limit,
profile=profile,
verdict=verdict,

    )).parsed
