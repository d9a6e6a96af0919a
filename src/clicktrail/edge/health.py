"""Whether clicks can be taken, and the figures of one worker for Prometheus."""

import resource

from clicktrail.edge.worker import Worker

METRICS_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


def reasons(worker: Worker) -> list[str]:
    """Why clicks cannot be taken; empty where they can."""
    commits, watch = worker.commits, worker.watch
    found = []
    if worker.is_draining:
        found.append("the worker is leaving")
    if commits.fault:
        found.append(commits.fault)
    if commits.is_stuck:
        found.append("the journal's disk does not answer in time")
    if not watch.picture.version:
        found.append(f"there is no catalog: {watch.fault}")
    return found


def metrics(worker: Worker) -> bytes:
    """Prometheus text, one worker's numbers; `node` tells the workers apart."""
    label = f'{{node="{worker.node}"}}'
    lines = []
    for name, kind, text, value in _figures(worker):
        lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name}{label} {value}"]
    return "\n".join(lines).encode() + b"\n"


def _figures(worker: Worker) -> list[tuple[str, str, str, float]]:
    tally, counts, watch = worker.commits.tally, worker.counts, worker.watch
    catalog = watch.picture.catalog
    age_s = (worker.clock() - catalog.published_ms) / 1000 if catalog.version else 0
    return [
        ("clicktrail_clicks_total", "counter", "Clicks made durable.", tally.clicks_stored),
        ("clicktrail_clicks_lost_total", "counter", "Clicks sent on without a record.", tally.clicks_lost),
        ("clicktrail_clicks_late_total", "counter", "Clicks sent on before their sync ended.", tally.clicks_late),
        ("clicktrail_postbacks_total", "counter", "Postbacks made durable.", tally.postbacks_stored),
        ("clicktrail_postbacks_refused_total", "counter", "Postbacks answered 503.", tally.postbacks_refused),
        ("clicktrail_verdicts_late_total", "counter", "Verdicts not known in time.", worker.verdicts.timeouts),
        ("clicktrail_verdicts_withheld_total", "counter", "Verdicts not told.", worker.verdicts.withheld),
        ("clicktrail_journal_batches_total", "counter", "Group commits.", tally.batches),
        ("clicktrail_journal_waiting_events", "gauge", "Events not durable yet.", worker.commits.waiting),
        ("clicktrail_journal_refusing", "gauge", "1 while the disk refuses.", int(bool(worker.commits.fault))),
        ("clicktrail_catalog_version", "gauge", "Catalog in use.", catalog.version),
        ("clicktrail_catalog_age_seconds", "gauge", "Time since it was published.", round(age_s, 3)),
        ("clicktrail_catalog_faults_total", "counter", "Published catalogs that could not be used.", watch.faults),
        ("clicktrail_connections", "gauge", "Open connections.", len(worker.connections)),
        ("clicktrail_connections_total", "counter", "Connections accepted.", counts.accepted),
        ("clicktrail_connections_cut_off_total", "counter", "Slow senders cut off.", counts.cut_off),
        ("clicktrail_connections_displaced_total", "counter", "Closed to make room.", counts.displaced),
        ("clicktrail_bad_requests_total", "counter", "Broken HTTP.", counts.bad_requests),
        ("clicktrail_other_requests_total", "counter", "Neither clicks nor postbacks.", counts.other_requests),
        ("clicktrail_engine_connected", "gauge", "1 while verdicts can come.", int(worker.verdicts.is_connected)),
        ("clicktrail_cpu_seconds_total", "counter", "CPU time of the worker.", round(_cpu_s(), 3)),
    ]


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
