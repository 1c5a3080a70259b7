"""Limits of the rate, quotas and failures behind a gateway, in the words that services use for them."""

from __future__ import annotations

import json

import pytest

from suspects import LABELS, ROWS, classifier, described, reply
from tellmark.errors import QuotaSpent, SuspectRefused, SuspectUnreachable

SAGEMAKER_MODEL_ERROR = {
    "ErrorCode": "CLIENT_ERROR_FROM_MODEL",
    "LogStreamArn": "arn:aws:logs:eu-west-1:1:log-group:/aws/sagemaker/Endpoints/m",
    "Message": "Received server error (503) from primary",
    "OriginalMessage": "busy",
    "OriginalStatusCode": 503,
}


@pytest.mark.parametrize(
    "text",
    [
        "Rate limit reached for requests per min (RPM): Limit 3. Add a payment method to raise it.",
        "Rate limit reached on tokens per min. Visit the billing page",
        "Quota exceeded: 60 requests/min",
        "quota exceeded for requests_per_minute",
        "Exceeded quota of 10 queries per sec",
        "You exceeded your current rate limit; see billing",
        "Request was throttled; quota exceeded",
    ],
)
def test_a_limit_of_the_rate_is_waited_for(server, suspect, text):
    server.replies = [reply({"error": {"message": text}}, status=429), classifier]
    assert suspect(described(server.url)).query(ROWS).labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "Rate limit reached on requests per day",
        "Monthly quota: out of credits",
        "monthly limit reached, see https://host/s/m",
        "super seconds do not matter, you exceeded your quota",
    ],
)
def test_a_limit_of_the_sum_is_not(server, suspect, text):
    server.replies = [reply({"error": {"message": text}}, status=429), classifier]
    with pytest.raises(QuotaSpent):
        suspect(described(server.url)).query(ROWS)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "fault",
    [
        reply({"message": "Rate exceeded"}, status=400, x_amzn_ErrorType="ThrottlingException"),
        reply({}, status=400, x_amzn_ErrorType="ThrottlingException:http://internal.amazon.com/coral/"),
        reply({"__type": "com.amazon.coral.availability#ThrottlingException", "message": "Rate exceeded"}, status=400),
        reply({"Code": "ThrottledException"}, status=400),
        reply({"message": "not ready"}, status=429, x_amzn_ErrorType="ModelNotReadyException"),
        reply({"message": "not ready"}, status=404, x_amzn_ErrorType="ModelNotReadyException"),
        reply({"message": "no"}, status=503, x_amzn_ErrorType="ServiceUnavailable"),
        reply({"message": "no"}, status=530, x_amzn_ErrorType="InternalDependencyException"),
        reply(SAGEMAKER_MODEL_ERROR, status=424, x_amzn_ErrorType="ModelError"),
        reply(SAGEMAKER_MODEL_ERROR | {"OriginalStatusCode": "429"}, status=424),
    ],
)
def test_what_passes_at_sagemaker_is_waited_for(server, suspect, fault):
    server.replies = [fault, fault, classifier]
    assert suspect(described(server.url)).query(ROWS).labels.tolist() == LABELS.tolist()
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "fault",
    [
        reply({"message": "no such column"}, status=400, x_amzn_ErrorType="ValidationError"),
        reply(SAGEMAKER_MODEL_ERROR | {"OriginalStatusCode": 400}, status=424, x_amzn_ErrorType="ModelError"),
        reply({"message": "failed dependency"}, status=424),
        reply({"message": "a throttled engine"}, status=400),
    ],
)
def test_what_does_not_pass_there_is_refused_at_once(server, suspect, fault):
    server.replies = [fault, classifier]
    with pytest.raises(SuspectRefused):
        suspect(described(server.url)).query(ROWS)
    assert len(server.asked) == 1


def test_a_suspect_that_throttles_for_ever_is_left(server, suspect):
    server.replies = [reply({"Code": "ThrottlingException"}, status=400)]
    with pytest.raises(SuspectUnreachable, match=r"status 400; a lower rate= may help; asked 3 times$"):
        suspect(described(server.url, manners={"retries": 2})).query(ROWS)
    assert json.loads(server.asked[0].body)


@pytest.mark.parametrize(
    ("fault", "repeats"),
    [
        (reply(status=500), 1),
        (reply(status=503), 1),
        (reply(status=429), 0),
        (reply({"Code": "ThrottlingException"}, status=400), 0),
    ],
)
def test_a_request_that_may_have_been_answered_is_told_of_before_it_is_sent_again(server, suspect, fault, repeats):
    server.replies = [fault, classifier]
    model, told = suspect(described(server.url)), []
    model.on_repeat = lambda inputs: told.append((len(inputs), len(server.asked)))
    model.query(ROWS)
    assert told == [(len(ROWS), 1)] * repeats
