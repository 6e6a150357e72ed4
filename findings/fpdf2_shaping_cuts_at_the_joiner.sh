#!/usr/bin/env bash
# fpdf2 2.8.9 with text shaping on: a text is cut at a zero-width joiner before it is shaped, so that the conjuncts which the
# joiner asks for (Sinhala, Devanagari, Bengali) are set as their parts, and are wider than HarfBuzz itself makes them.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/env"
"$here/env/bin/pip" install -q --disable-pip-version-check "fpdf2==2.8.9" "uharfbuzz==0.57.0" "manimgx-fonts==2026.9.26.post1"
"$here/env/bin/python" - <<'PY'
import importlib.metadata
import sys
from pathlib import Path

import fpdf
import uharfbuzz as hb

files = importlib.metadata.files("manimgx-fonts") or []
found = [Path(str(f.locate())) for f in files if "Sinhala" in f.name and f.suffix in (".ttf", ".otf")]
font = sorted(found)[0]
text = "\u0dc1\u0dca\u200d\u0dbb\u0dd3"
pdf = fpdf.FPDF()
pdf.add_page()
pdf.add_font("sinhala", fname=str(font))
pdf.set_font("sinhala", size=100)
pdf.set_text_shaping(True)
set_width = pdf.get_string_width(text) * pdf.k
face = hb.Face(hb.Blob.from_file_path(str(font)))
buffer = hb.Buffer()
buffer.add_str(text)
buffer.guess_segment_properties()
hb.shape(hb.Font(face), buffer)
own_width = sum(p.x_advance for p in buffer.glyph_positions) * 100 / face.upem
print("fpdf2", fpdf.__version__, "uharfbuzz", importlib.metadata.version("uharfbuzz"), "font", font.name)
print(f"width at 100 points: fpdf2 {set_width:.1f}, HarfBuzz {own_width:.1f}")
sys.exit(0 if set_width > 1.2 * own_width else 1)
PY
