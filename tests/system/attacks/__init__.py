"""Attacks on a running product, each bounded in count and time, on loopback only.

All run with the other system tests (``make test-system``). One part alone, for example the first:

    .venv/bin/python -m pytest tests/system/attacks/test_comparison_time.py --numprocesses=0 -p no:randomly

Each was written against a product that it harmed, and asserts that it no longer does. Other attacks stand
where the parts that they attack are tested; ``docs/threat-model.md`` names the test of each:

- doors, roles and other people's answers: ``tests/access``
- passwords, second factors, tokens and sessions: ``tests/accounts/auth``, ``tests/accounts/sign_in``
- limits, batches and bodies: ``tests/accounts/auth/test_throttles.py``, ``tests/matching/api``
- webhooks and alerts: ``tests/modelops/alerting``
- memos in every script: ``tests/feedback/memo``
- killed processes and servers: ``test_supervisor.py``, ``test_outages.py``, ``test_job_faults.py``, ``soak``
- the gateway: ``tests/system/deploy/test_gateway.py``
"""
