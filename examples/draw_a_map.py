"""A map of the ranked blocks as a picture: place by colour, tonnage by size.

python examples/draw_a_map.py PICTURE.png [REGION]
"""

import sys

import matplotlib as mpl
import numpy as np

import khanij

mpl.use("Agg")  # a picture, no window
from matplotlib import pyplot as plt


def main(picture: str, region: str = "india") -> None:
    """Draw the ranked waste blocks of a region that was run."""
    blocks = khanij.read(region)
    ranked = blocks[(blocks["kind"] == "waste_block") & blocks["rank"].notna()].sort_values("rank", ascending=False)
    points = ranked.geometry.representative_point()
    figure, axes = plt.subplots(figsize=(7, 7), layout="constrained")
    size = 20 + 40 * np.log10(1 + ranked["tonnage_t_p50"].fillna(0) / 1e6)
    shown = axes.scatter(points.x, points.y, c=ranked["rank"].astype(float), s=size, cmap="viridis_r", edgecolor="k")
    for x, y, name in zip(points.x[-5:], points.y[-5:], ranked["name"][-5:], strict=True):
        axes.annotate(str(name), (x, y), xytext=(5, 5), textcoords="offset points", fontsize=7)
    axes.set(xlabel="longitude", ylabel="latitude", title=f"{region}: ranked waste blocks", aspect="equal")
    figure.colorbar(shown, label="rank (1 is the best place)", shrink=0.6)
    figure.savefig(picture, dpi=120)
    print(picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
