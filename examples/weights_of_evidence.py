"""Weights of evidence: which distance to a fault do known deposits prefer, and how sure is that?

python examples/weights_of_evidence.py
"""

import numpy as np

from scoring.ground.models.weights_of_evidence import best_cut, class_counts, classify, quantile_edges, weights_table


def main() -> None:
    """A made-up study of 40,000 cells in which deposits lie near faults more often than elsewhere."""
    rng = np.random.default_rng(11)
    distance_m = rng.gamma(2.0, 2_500.0, 40_000)
    deposits = rng.random(40_000) < 0.004 * np.exp(-distance_m / 2_000)

    edges_m = quantile_edges(distance_m, classes=10)
    cells, found = class_counts(classify(distance_m, edges_m), deposits, len(edges_m) + 1)
    table = weights_table(cells[0], found[0], "ascending")  # low values are favourable: everything up to a cut, or not
    print(table[["class", "n_pattern", "n_both", "w_plus", "contrast", "studentised_contrast"]].round(2).to_string())

    cut = best_cut(table)
    if cut is None:
        print("no cut is significant")
    else:
        row = table.loc[cut]
        print(f"within {edges_m[int(row['class'])]:.0f} m: contrast {row['contrast']:.2f}")


if __name__ == "__main__":
    main()
