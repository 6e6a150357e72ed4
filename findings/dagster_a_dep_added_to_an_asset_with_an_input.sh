#!/usr/bin/env bash
# Dagster 1.13.27: dg.map_asset_specs can add an upstream key to an asset without inputs, and to none that takes another
# asset as its argument: every input of that asset becomes one of type Nothing, and the definition is refused with a
# message about the argument, not about what was added. Valid on both: the same key given as deps= of @dg.asset.
# Exits 0 while this is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install -q --disable-pip-version-check dagster==1.13.27
cat > "$folder/try.py" <<'PY'
import dagster as dg

OUTSIDE = dg.AssetKey(["landing", "leases"])


@dg.asset
def sites(): ...


@dg.asset
def blocks(sites): ...


@dg.asset(deps=[OUTSIDE])
def with_both(sites): ...


def added(asset):
    return dg.map_asset_specs(lambda spec: spec.merge_attributes(deps=[OUTSIDE]), [asset])[0]


print("dagster", dg.__version__)
print("without an input:", sorted(k.to_user_string() for k in added(sites).asset_deps[dg.AssetKey("sites")]))
print("deps= beside an input:", sorted(k.to_user_string() for k in with_both.asset_deps[dg.AssetKey("with_both")]))
try:
    added(blocks)
except dg.DagsterInvalidDefinitionError as error:
    print("with an input:", " ".join(str(error).split())[:230])
else:
    raise SystemExit("it works now")
PY
"$folder/env/bin/python" "$folder/try.py"
