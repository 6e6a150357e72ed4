"""Hold a file of yours against a layer's contract before you connect it.

python examples/validate_a_file.py FOLDER
"""

import sys
from pathlib import Path

import khanij

STATIONS = """\
station_id,longitude,latitude,bouguer_mgal,elevation_m
G1,76.1,14.2,-62.5,540
G2,76.2,14.3,-61.9,99999
G3,176.2,14.3,-60.1,512
"""


def main(folder: str) -> None:
    """Three gravity stations, of which one lies in the Pacific and one above every mountain."""
    file = Path(folder) / "gravity.csv"
    file.write_text(STATIONS, encoding="utf-8")
    admitted = khanij.validate(file, "gravity_stations")
    report = admitted.report
    print(f"{report['rows_in']} rows in, {report['rows_kept']} kept, {report['rows_quarantined']} held")
    for finding in admitted.quarantine.itertuples():
        print(f"row {finding.row}: {finding.field} = {finding.value}: {finding.reason}")
    print(admitted.kept[["station_id", "bouguer_mgal"]].to_string(index=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
