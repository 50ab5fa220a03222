"""What schemathesis cannot know: an idempotency key is for one request, so that each valid one that it makes up becomes another one; and an endpoint
has to be there to be removed, so that every other request to remove one is given one that was registered. All that is answered is written to a file."""

import itertools
import re

import requests
import schemathesis

VALID = re.compile(r'^("[!#-\[\]-~]{1,255}"|[!#-~]{1,255})\Z')
ADD, REMOVE = "POST /hooks/endpoints", "DELETE /hooks/endpoints/{id}"
numbers, removals, registered = itertools.count(), itertools.count(), []


def endpoint(base):
    """An endpoint that is this run's own, which is told of nothing."""
    if not registered:
        wanted = {"url": "https://partner.example.com/hooks", "types": ["nothing.happened"]}
        answer = requests.post(base.rstrip("/") + "/hooks/endpoints", json=wanted, timeout=60)
        if answer.status_code == 201:
            registered.append(answer.json()["endpoint"]["id"])
    return registered.pop() if registered else None


def alone(case):
    """A request that is as it must be, and not one of several that follow from each other."""
    return case.meta and case.meta.generation.mode.is_positive and case.meta.phase.name.value != "stateful"


@schemathesis.hook
def before_call(context, case, kwargs):
    for name in list(case.headers or {}):
        if name.lower() == "idempotency-key" and VALID.match(str(case.headers[name])):
            case.headers[name] = f'"case-{next(numbers)}"'
    if case.operation.label == REMOVE and alone(case) and next(removals) % 2 == 0:
        case.path_parameters["id"] = endpoint(case.operation.base_url) or case.path_parameters["id"]


@schemathesis.hook
def after_call(context, case, response):
    if case.operation.label == ADD and response.status_code == 201:
        registered.append(response.json()["endpoint"]["id"])
    with open("answers", "a") as answers:
        print(case.operation.label, response.status_code, file=answers)
