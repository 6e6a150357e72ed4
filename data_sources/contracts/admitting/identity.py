"""When two keys are one key: how identifiers are compared, and what a reader's eye cannot tell apart in them.

A key stands in a result as its source wrote it; only the comparison is lenient. Two keys are equal when they agree after

* Unicode NFKC (composed and decomposed letters, full-width digits, non-breaking spaces),
* leaving out characters without a shape of their own (Unicode category Cf such as U+200B and U+FEFF, control
  characters, variation selectors, fillers), and NFKC once more, since leaving one out may join its neighbours,
* trimming white space and taking every run of it as one space,
* taking every dash (category Pd, minus signs, the hyphen bullet) as ``-``: spreadsheets turn hyphens into dashes on
  their own, and no register tells two sites apart by the length of a dash,
* case folding.

Letters of another script that look alike (Cyrillic and Latin E) stay different: they are marked, never held.

Belongs here: comparing keys. Does not belong here: what happens to a row whose key is taken (``checks``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

ONLY_CASE = "case"
ONLY_UNSEEN = "characters that cannot be seen"
ONLY_DASH = "dashes, spaces or the way letters are composed"

# Default-ignorable characters that are not of category Cf: joiners, selectors and fillers without a shape.
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0" + "".join(
    map(chr, range(0xFE00, 0xFE10))
)
_MORE_DASHES = "\u2212\u2043\u02d7"
_SPACES = re.compile(r"\s+")
# Small letters of other scripts that look like Latin ones, after case folding (Unicode Technical Standard 39).
_LOOK_ALIKE = str.maketrans(
    dict(
        zip(
            "\u0430\u0432\u0435\u0437\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0455\u0456\u0458\u0501\u051b\u051d"
            "\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0585\u057d",
            "abe3kmhopctyxsijdqw"
            "abezhikmnoptyxou",
            strict=True,
        )
    )
)  # fmt: skip


def _is_unseen(character: str) -> bool:
    if character in _FILLERS:
        return True
    category = unicodedata.category(character)
    return category == "Cf" or (category == "Cc" and not character.isspace())


def unseen_in(key: str) -> list[str]:
    """Characters of a key that a reader cannot see, as ``U+200B``; blanks around it count only if they are none."""
    if key.isascii() and key.isprintable():
        return []
    return sorted({f"U+{ord(c):04X}" for c in key if _is_unseen(c)})


def _visible(key: str) -> str:
    return "".join(c for c in key if not _is_unseen(c))


def _same_dashes(key: str) -> str:
    return "".join("-" if unicodedata.category(c) == "Pd" or c in _MORE_DASHES else c for c in key)


def key_form(key: object) -> str:
    """The form in which a key is compared; see the module for its steps.

    Applying it twice changes nothing more.
    """
    text = str(key)
    if text.isascii() and text.isprintable():
        return _SPACES.sub(" ", text.strip()).casefold()
    text = unicodedata.normalize("NFKC", _visible(unicodedata.normalize("NFKC", text)))
    for _ in range(2):  # folding a letter may leave it in a form that composes, or folds, once more
        text = unicodedata.normalize("NFKC", _same_dashes(text).casefold())
    return _SPACES.sub(" ", _visible(text).strip())


def is_plain(keys: pd.Series) -> bool:
    """Whether every key is printable ASCII, in which nothing is unseen and folding is lower case."""
    if not isinstance(keys.dtype, pd.StringDtype):
        return False
    whole = "".join(keys.dropna().tolist())
    return whole.isascii() and whole.isprintable()


def key_forms(keys: Iterable[object]) -> pd.Series:
    """``key_form`` of every key of shape (n,); a missing key stays missing."""
    column = keys if isinstance(keys, pd.Series) else pd.Series(list(keys), dtype="object")
    if is_plain(column):  # half a million sample numbers, as nearly all are
        plain = column.str.strip().str.lower()
        return plain.str.replace(r" {2,}", " ", regex=True)
    forms = [None if pd.isna(k) else key_form(k) for k in column.tolist()]
    return pd.Series(forms, index=column.index, dtype="str")


def skeleton(key: object) -> str:
    """The compared form with look-alike letters of other scripts as Latin ones: equal where keys look the same."""
    form = key_form(key)
    return form if form.isascii() else form.translate(_LOOK_ALIKE)


def difference(a: object, b: object) -> str:
    """By what two keys of one compared form differ: nothing (equal as written), case, the unseen, or the composition."""
    left, right = str(a).strip(), str(b).strip()
    if left == right:
        return ""
    told = []
    if unseen_in(left) != unseen_in(right):
        told.append(ONLY_UNSEEN)
    left, right = (_visible(k) for k in (left, right))
    if left != right and left.casefold() == right.casefold():
        told.append(ONLY_CASE)
    elif left != right:
        folded = (_SPACES.sub(" ", _same_dashes(unicodedata.normalize("NFKC", k))) for k in (left, right))
        told += [ONLY_DASH] if len(set(folded)) == 1 else [ONLY_CASE, ONLY_DASH]
    return " and ".join(told) or ONLY_UNSEEN


def looks_like_another(keys: pd.Series) -> np.ndarray:
    """For each key of shape (n,) the position of the first other key that only looks the same; -1 where there is none."""
    out = np.full(len(keys), -1)
    known = keys.notna().to_numpy()
    texts = keys.astype("str").tolist()
    if all(t.isascii() for t, k in zip(texts, known) if k):
        return out
    forms = pd.Series([key_form(t) if k else None for t, k in zip(texts, known)], dtype="object")
    looks = pd.Series([skeleton(t) if k else None for t, k in zip(texts, known)], dtype="object")
    for _, group in forms[known].groupby(looks[known], sort=False):
        if group.nunique() > 1:
            first = group.drop_duplicates()
            for i, form in zip(group.index.to_numpy(), group):
                out[i] = first.index[0] if form != first.iloc[0] else first.index[1]
    return out
