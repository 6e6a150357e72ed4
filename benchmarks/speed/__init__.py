"""How long the command and its parts take beside an earlier checkout of the project, taking turns: ``docs/performance.md``.

One module an item. A checkout is a folder with its own ``.venv``, bytecode compiled:

    git worktree add ../before 3ec25ae && make -C ../before .venv/.installed
    python -m benchmarks.speed.verbs --against ../before
"""
