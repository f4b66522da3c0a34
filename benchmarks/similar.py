"""CPU time that finding similar threads takes, with 100,000 threads in SQLite: python benchmarks/similar.py"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time

THREADS, ASKED = 100_000, 60
FORMS = (
    "What does {} mean?",
    "Is {} serious?",
    "Does {} go away by itself?",
    "My report says {} and {}, should I worry?",
    "How is {} treated?",
    "{} on my scan, what happens next?",
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "PELLUCID_DATA_DIR": folder,
            "PELLUCID_HTTPS": "0",
            "DJANGO_SETTINGS_MODULE": "pellucid.web.config.settings",
        }
        os.environ.pop("PELLUCID_DATABASE_URL", None)
        import django

        django.setup()
        from django.contrib.auth.models import AnonymousUser
        from django.core.management import call_command

        from pellucid.web.config.engine import get_engine
        from pellucid.web.forum.models import Category, Thread, ThreadConcept
        from pellucid.web.forum.search import find_similar

        call_command("migrate", verbosity=0)
        random.seed(4)
        engine = get_engine()
        names = {c: engine.show(c).focus[0].name for c in engine.concepts}
        # As in life, a few things are asked about often.
        weights = [1 / rank for rank in range(1, len(names) + 1)]
        category = Category.objects.first()
        drawn = random.choices(list(names.items()), weights, k=2 * THREADS)
        rows = [
            Thread(
                title=random.choice(FORMS).format(names[c], other)[:200],
                slug="t",
                category=category,
            )
            for (c, _), (_, other) in zip(drawn[::2], drawn[1::2], strict=True)
        ]
        made = Thread.objects.bulk_create(rows, batch_size=5_000)
        ThreadConcept.objects.bulk_create(
            [
                ThreadConcept(thread=t, concept=c, name=names[c])
                for t, (c, _) in zip(made, drawn[::2], strict=True)
            ],
            batch_size=5_000,
        )
        viewer = AnonymousUser()
        for label, with_concepts in (("while typing", False), ("before posting", True)):
            times = []
            for concept, name in random.choices(list(names.items()), weights, k=ASKED):
                title = random.choice(FORMS).format(name, "a cyst")
                start = time.process_time()
                find_similar(viewer, title, [concept] if with_concepts else [])
                times.append((time.process_time() - start) * 1_000)
            times = sorted(times[5:])
            print(
                f"{label}: median {statistics.median(times):.0f} ms,"
                f" p95 {times[int(len(times) * 0.95)]:.0f} ms, most {times[-1]:.0f} ms"
            )


if __name__ == "__main__":
    main()
