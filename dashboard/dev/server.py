"""A stand-in for the service while the dashboard is built: mined JSON Lines behind the contract's paths.

    python dashboard/dev/server.py OPINIONS.jsonl [...] --port 8765

Not shipped. Its numbers are plain (no copies, no correction); those of the service are the truth.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from guandian.data.taxonomy import taxonomy
from guandian.domain.periods import day_of, next_period, period_start
from guandian.evaluation.intervals.clustered import Tally, proportion
from guandian.text.aspect_names import aspect_key

NAMES = {key: {"zh": c.zh, "en": c.en} for key, c in taxonomy().items()}
BUILT = Path(__file__).resolve().parents[2] / "src/guandian/service/dashboard_files"
REVIEWS: list[dict] = []
UPLOADS: dict[str, Path] = {}
JOBS: dict[str, dict] = {}
CSP = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"


def interval(estimate) -> dict | None:
    return estimate and {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def chosen(query: dict) -> list[tuple[dict, list[dict]]]:
    want = lambda name, value: not query.get(name) or value in query[name]  # noqa: E731
    since, until = query.get("since", [""])[0], query.get("until", [""])[0]
    least, holding = float(query.get("confidence", ["0"])[0]), query.get("containing", [""])[0]
    kept = []
    for review in REVIEWS:
        day = (review.get("time") or "")[:10]
        if not (
            want("product", review.get("product"))
            and want("source", review.get("source"))
            and want("language", review["language"])
            and want("brand", review.get("brand"))
        ):
            continue
        if (since and day < since) or (until and day > until) or holding not in review["text"]:
            continue
        kept.append(
            (
                review,
                [
                    o
                    for o in review["opinions"]
                    if want("category", o["category"])
                    and want("polarity", o["polarity"])
                    and o["confidence"] >= least
                    and want("aspect", aspect_key(o["aspect"]["text"]) if o["aspect"] else "")
                ],
            )
        )
    return kept


def tally(pairs) -> Tally:
    total = Tally()
    for _, opinions in pairs:
        kinds = Counter(o["polarity"] for o in opinions)
        if opinions:
            total.add(kinds["positive"], kinds["negative"], kinds["neutral"])
    return total


def row(key: str, total: Tally, of: int) -> dict:
    name = NAMES.get(key, {"zh": key, "en": key})
    return {
        "key": key,
        "name": name,
        "reviews": total.reviews,
        "opinions": total.opinions,
        "positive": total.positive,
        "neutral": total.neutral,
        "negative": total.negative,
        "net": interval(total.net()),
        "share": interval(proportion(total.reviews, of)),
    }


def rows(pairs, by: str, limit: int = 30) -> list[dict]:
    groups: dict[str, list] = defaultdict(list)
    for review, opinions in pairs:
        parts: dict[str, list] = defaultdict(list)
        for o in opinions:
            key = {
                "category": o["category"],
                "aspect": aspect_key(o["aspect"]["text"]) if o["aspect"] else None,
            }.get(by, review.get(by))
            if key:
                parts[key].append(o)
        for key, part in parts.items():
            groups[key].append((review, part))
    table = [row(key, tally(group), len(pairs)) for key, group in groups.items()]
    return sorted(table, key=lambda r: -r["opinions"])[:limit]


def opinion(review: dict, o: dict) -> dict:
    span = {
        k: review.get(k)
        for k in ("id", "text", "product", "brand", "source", "time", "rating", "language")
    }
    return {
        **o,
        "id": f"{review['id']}:{review['opinions'].index(o)}",
        "review": span,
        "corrected": False,
    }


def summary(query: dict) -> dict:
    pairs = chosen(query)
    total, moods = tally(pairs), Counter(r["sentiment"]["label"] for r, _ in pairs)
    days = sorted(r["time"][:10] for r, _ in pairs if r.get("time"))
    net = interval(total.net())
    return {
        "overview": {
            "reviews": len(pairs),
            "read": len(pairs),
            "aside": 0,
            "copies": 0,
            "silent": sum(not o for _, o in pairs),
            "opinions": total.opinions,
            "positive": total.positive,
            "neutral": total.neutral,
            "negative": total.negative,
            "net": net,
            "net_as_found": net,
            "corrected": False,
            "sentiment": {
                k: {"count": moods[k], "share": interval(proportion(moods[k], len(pairs)))}
                for k in ("positive", "neutral", "negative")
            },
            "stars": None,
            "first": days[0] if days else None,
            "last": days[-1] if days else None,
            "models": sorted({r["model"] for r, _ in pairs}),
            "languages": Counter(r["language"] for r, _ in pairs),
            "incomplete": [],
        },
        "categories": rows(pairs, "category"),
        "aspects": rows(pairs, "aspect"),
        "products": rows(pairs, "product"),
        "sources": rows(pairs, "source"),
    }


def trends(query: dict) -> dict:
    unit, pairs = query.get("unit", ["auto"])[0], chosen(query)
    unit = "week" if unit == "auto" else unit
    groups = defaultdict(list)
    for pair in pairs:
        if day := day_of(pair[0].get("time")):
            groups[period_start(day, unit)].append(pair)
    last = max((day_of(p[0]["time"]) for p in pairs if p[0].get("time")), default=date.today())
    periods, at = [], min(groups, default=None)
    while at and at <= last:
        end, group = next_period(at, unit), groups.get(at, [])
        total = tally(group)
        by = (
            {
                r["key"]: {"opinions": r["opinions"], "net": r["net"]}
                for r in rows(group, "category")
            }
            if query.get("by") == ["category"]
            else {}
        )
        periods.append(
            {
                "start": at.isoformat(),
                "end": (end - timedelta(1)).isoformat(),
                "complete": end - timedelta(1) <= last,
                "reviews": len(group),
                "opinions": total.opinions,
                "net": interval(total.net()),
                "by": by,
            }
        )
        at = end
    return {"unit": unit, "periods": periods}


def changes(query: dict) -> dict:
    done = [
        p
        for p in trends({**query, "unit": query.get("unit", ["week"])})["periods"]
        if p["complete"]
    ][-2:]
    if len(done) < 2:
        return {
            "before": None,
            "after": None,
            "change": None,
            "significant": False,
            "causes": [],
            "remainder": 0,
        }
    sides = [
        {
            "since": p["start"],
            "until": p["end"],
            "reviews": p["reviews"],
            "opinions": p["opinions"],
            "net": p["net"],
        }
        for p in done
    ]
    cells = []
    for side in sides:
        pairs, table = (
            chosen({**query, "since": [side["since"]], "until": [side["until"]]}),
            defaultdict(list),
        )
        for r, os in pairs:
            parts = defaultdict(list)
            for o in os:
                parts[
                    (
                        aspect_key(o["aspect"]["text"]) if o["aspect"] else "",
                        o["category"],
                        r.get("product"),
                        r.get("source"),
                    )
                ].append(o)
            for key, part in parts.items():
                table[key].append((r, part))
        cells.append(table)
    spread = lambda v, n: {
        "value": v,
        "low": v - 1.4 * abs(v) / max(n, 1) ** 0.5,
        "high": v + 1.4 * abs(v) / max(n, 1) ** 0.5,
    }  # noqa: E731
    causes, change = [], sides[1]["net"]["value"] - sides[0]["net"]["value"]
    for key in {*cells[0], *cells[1]}:
        b, a = tally(cells[0].get(key, [])), tally(cells[1].get(key, []))
        effect = (a.positive - a.negative) / sides[1]["opinions"] - (
            b.positive - b.negative
        ) / sides[0]["opinions"]
        kind = "rate" if a.opinions and b.opinions else "mix"
        aspect, category, product, source = key
        of = lambda t: {"opinions": t.opinions, "reviews": t.reviews, "net": interval(t.net())}  # noqa: E731
        causes.append(
            (
                effect,
                {
                    "kind": kind,
                    "aspect": aspect or None,
                    "category": category,
                    "product": product,
                    "source": source,
                    "effect": spread(effect, a.reviews + b.reviews),
                    "before": of(b),
                    "after": of(a),
                    "quotes": [
                        opinion(r, o) for r, os in cells[1].get(key, [])[:2] for o in os[:1]
                    ],
                },
            )
        )
    causes.sort(key=lambda c: -abs(c[0]))
    return {
        "before": sides[0],
        "after": sides[1],
        "change": spread(change, 20),
        "significant": abs(change) > 0.05,
        "causes": [c for _, c in causes[:5]],
        "remainder": change - sum(e for e, _ in causes[:5]),
    }


def page(query: dict, items: list) -> dict:
    limit, offset = int(query.get("limit", ["20"])[0]), int(query.get("offset", ["0"])[0])
    return {"total": len(items), "items": items[offset : offset + limit]}


def opinions(query: dict) -> dict:
    items = [opinion(r, o) for r, os in chosen(query) for o in os]
    order = query.get("order", ["confidence"])[0]
    keys = {
        "confidence": lambda o: -o["confidence"],
        "uncertain": lambda o: abs(o["confidence"] - 0.5),
        "time": lambda o: o["review"]["time"] or "",
    }
    return page(query, sorted(items, key=keys[order], reverse=order == "time"))


def search(query: dict) -> dict:
    words, items = query["words"][0], []
    for r, os in chosen(query):
        starts = [i for i in range(len(r["text"])) if r["text"].startswith(words, i)]
        if starts:
            items.append(
                {
                    "review": opinion(r, r["opinions"][0])["review"] if r["opinions"] else r,
                    "opinions": [opinion(r, o) for o in os],
                    "hits": [{"start": i, "end": i + len(words)} for i in starts],
                }
            )
    return page(query, items)


def run_job(job: dict, path: Path, columns: dict) -> None:
    job["state"], out = "running", path.with_suffix(".jsonl")
    subprocess.run(
        [sys.executable, "-m", "guandian", "mine", str(path), "-o", str(out), "--overwrite"],
        check=True,
        capture_output=True,
    )
    mined = [json.loads(line) for line in out.open(encoding="utf-8")]
    for start in range(0, len(mined), 20):
        part = mined[start : start + 20]
        REVIEWS.extend(part)
        job["reviews"] += len(part)
        job["opinions"] += sum(len(r["opinions"]) for r in part)
        time.sleep(0.1)
    job.update(state="done", finished=time.strftime("%Y-%m-%dT%H:%M:%SZ"))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log_message = lambda self, *a: None  # noqa: E731

    def answer(self, body, status=200, kind="application/json"):
        body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": len(body),
            "Content-Security-Policy": CSP,
            "X-Content-Type-Options": "nosniff",
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = urlsplit(self.path)
        query, parts = parse_qs(url.query), url.path.strip("/").split("/")
        if parts[0] != "v1":
            return self.asset(url.path)
        if not self.headers.get("Authorization", "").startswith("Bearer gd_"):
            return self.answer(
                {
                    "type": "about:blank",
                    "title": "no key",
                    "status": 401,
                    "detail": "this path needs a key",
                },
                401,
                "application/problem+json",
            )
        simple = {
            "summary": summary,
            "trends": trends,
            "changes": changes,
            "opinions": opinions,
            "search": search,
            "breakdown": lambda q: {
                "rows": rows(chosen(q), q["by"][0], int(q.get("limit", ["30"])[0]))
            },
            "queue": lambda q: opinions({**q, "order": ["uncertain"]}),
            "jobs": lambda q: {"total": len(JOBS), "items": list(JOBS.values())},
            "me": lambda q: {
                "tenant": "main",
                "scopes": ["read", "mine", "correct", "admin"],
                "name": "fixture",
            },
        }
        if len(parts) == 2 and parts[1] in simple:
            return self.answer(simple[parts[1]](query))
        if parts[1] == "reviews":
            review = next(r for r in REVIEWS if r["id"] == unquote(parts[2]))
            return self.answer(
                {**review, "opinions": [opinion(review, o) for o in review["opinions"]]}
            )
        if parts[1] == "jobs" and parts[-1] == "events":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            job = JOBS[parts[2]]
            while True:
                over = job["state"] in ("done", "failed")
                self.wfile.write(
                    f"event: {'end' if over else 'progress'}\ndata: {json.dumps(job)}\n\n".encode()
                )
                self.wfile.flush()
                if over:
                    self.close_connection = True
                    return None
                time.sleep(0.2)
        return self.answer(
            {"type": "about:blank", "title": "not found", "status": 404, "detail": url.path},
            404,
            "application/problem+json",
        )

    def do_POST(self):
        url, body = urlsplit(self.path), self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if url.path == "/v1/uploads":
            name = f"u_{len(UPLOADS)}"
            UPLOADS[name] = Path(tempfile.mkdtemp()) / "upload.csv"
            UPLOADS[name].write_bytes(body)
            table = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
            columns = list(table[0])
            guess = {
                k: k
                for k in ("id", "product", "brand", "rating", "time", "user", "source")
                if k in columns
            } | {"text": ["text"]}
            return self.answer(
                {
                    "upload": name,
                    "name": parse_qs(url.query)["name"][0],
                    "size": len(body),
                    "columns": columns,
                    "guess": guess,
                    "sample": table[:20],
                    "sheets": [],
                    "rows": len(table),
                },
                201,
            )
        if url.path == "/v1/jobs":
            asked = json.loads(body)
            path = UPLOADS[asked["upload"]]
            job = {
                "id": f"j_{len(JOBS)}",
                "name": "reviews.csv",
                "state": "queued",
                "reviews": 0,
                "opinions": 0,
                "rejected": 0,
                "total": sum(1 for _ in csv.DictReader(path.open(encoding="utf-8-sig"))),
                "created": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "finished": None,
                "error": None,
                "model": "guandian-small",
            }
            JOBS[job["id"]] = job
            threading.Thread(
                target=run_job, args=(job, path, asked.get("columns")), daemon=True
            ).start()
            return self.answer({"job": job}, 202)
        return self.answer(
            {"type": "about:blank", "title": "not found", "status": 404, "detail": url.path},
            404,
            "application/problem+json",
        )

    def asset(self, path: str):
        file = BUILT / path.lstrip("/")
        file = file if file.is_file() else BUILT / "index.html"
        kinds = {
            ".js": "text/javascript",
            ".css": "text/css",
            ".svg": "image/svg+xml",
            ".html": "text/html; charset=utf-8",
        }
        return self.answer(
            file.read_bytes(), kind=kinds.get(file.suffix, "application/octet-stream")
        )


if __name__ == "__main__":
    files = [a for a in sys.argv[1:] if a.endswith(".jsonl")]
    port = int(sys.argv[sys.argv.index("--port") + 1]) if "--port" in sys.argv else 8765
    for file in files:
        REVIEWS.extend(json.loads(line) for line in open(file, encoding="utf-8"))
    print(f"http://127.0.0.1:{port}/#key=gd_live_fixture", flush=True)
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
