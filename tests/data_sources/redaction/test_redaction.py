"""Messages without secrets, and with everything else: both ways, on written cases and on generated ones."""

from __future__ import annotations

import base64
import re
import string
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khanij.foundation.redaction import is_secret_name, redact, remember, without_known, without_secrets

SECRET = "S1"
HIDDEN = [
    "https://user:pa@S1@host/x",
    "https://user:S1:w@host/x",
    "https://S1@host/x",
    "https://user:S1@h:8080/x and https://v:S1@g/y",
    "postgresql://u:S1@h/db",
    "postgresql://u:a S1@h/db",
    "postgresql+psycopg2://u:a/S1@h:5432/db",
    "postgresql://u:a#S1@h/db",
    "u=https%3A%2F%2Fu%3AS1%40h%2Fx&y=1",
    "https://h/x%3Fapikey%3DS1%26z%3D1",
    "https://h/wfs?key=S1",
    "https://h/wfs?a=1&Key=S1&b=2",
    "https://h/wfs?apikey=S1&x",
    "GET https://h/?a=1&X-Amz-Signature=S1&b=2 failed",
    "GET https://h/?X-Amz-Credential=S1&X-Amz-Security-Token=S1",
    "https://h/a?sv=1&sig=S1%3D&se=2",
    "https://h/cb#access_token=S1&state=2",
    "pwd=S1",
    "sig=S1",
    "token: S1",
    "passphrase: S1",
    "password S1",
    "password is S1!",
    "KHANIJ_PG_PASSWORD=a S1 c",
    "AWS_SECRET_ACCESS_KEY=S1",
    "smtp_pass=S1",
    "clientSecret=S1",
    "Password : S1",
    'PASSWORD = "a S1"',
    "password='a S1'",
    'password="a \\" S1"',
    '"password": "S1"',
    '{"user": "x", "password": "a, S1", "z": 1}',
    r"{\"password\": \"S1\"}",
    "{'password': 'S1', 'user': 'x'}",
    "('password', 'S1')",
    "password => 'S1'",
    "<password>S1</password>",
    "--password S1 --region x",
    "--token=S1 x",
    "password:\n  S1\n",
    "password: |\n  a\n  S1\nx: 1",
    'password="a\nS1"',
    'key: "-----BEGIN RSA PRIVATE KEY-----\nS1S1\n-----END RSA PRIVATE KEY-----"',
    "Authorization: Bearer abc.S1",
    "authorization: Basic S1",
    "Authorization=Digest username=x, response=S1",
    "[(b'Authorization', b'Basic S1')]",
    "Proxy-Authorization: Basic S1",
    "Cookie: JSESSIONID=S1; path=/",
    "x-api-key: S1",
    "Ocp-Apim-Subscription-Key: S1",
    "Server=h;Password=a,b S1;Database=d",
    "DefaultEndpointsProtocol=https;AccountName=n;AccountKey=S1/+==;EndpointSuffix=core.windows.net",
    "SharedAccessSignature=S1",
    "error: reason: password=S1",
    '"key": "AIzaSyD4S1abcdef"',
]
PLAIN = [
    "column La_ppm of https://example.org/a:b is in ppb (row 12: value 3)",
    "key=value",
    "key: value",
    "monkey=1; turkey=5, donkey: 2",
    "the primary key: block_id repeats",
    "primary key=WB-IN-TSF-002",
    "PRIMARY KEY (fid), FOREIGN KEY (site_id) REFERENCES sites(site_id)",
    "primary_key=fid sort_key: score",
    "block WB-IN-RM-001 in EPSG:4326, EPSG:7755",
    "file a.csv, row 3: key=WB-IN-OB-001",
    "crs: EPSG:7755, key: block_id",
    "https://h:8080/path@x",
    "see https://h:8080 or mail a@b.c",
    "s3://bucket/key@v1 git@example.org:x/y.git",
    "basic rocks; Basic dyke 12; basic volcanics of 2500 Ma",
    "author: GSI, authority=EPSG, keyword=copper, keys: 3",
    "unpack it by hand with its password",
    "password authentication failed for user khanij",
    "the environment variable WFS_TOKEN is not set",
    "set KHANIJ_PG_PASSWORD to the password of the database",
    "write auth_env: NAME or ${NAME} in place of the value",
    "https://h/x?apikey=${MY_KEY}",
    "max_tokens=100, tokens: 3, tokenizer=x, Unexpected token 3 of 5",
    "signal=3 sigma=2.5 design: x assay=0.3 passes: 12 of 14 bypass=1 compass=12",
    "secretary: Bose",
    "https://h/wfs?typeName=cite:x&outputFormat=json&sortBy=fid",
    "C:\\data\\mine.csv: 12 rows; layer:name",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_no_secret_is_left(text: str) -> None:
    assert SECRET not in redact(text) and "***" in redact(text)


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("text", HIDDEN)
def test_once_is_enough(text: str) -> None:
    assert redact(redact(text)).replace("***", "") == redact(text).replace("***", "")


NAMES = [
    "password",
    "PGPASSWORD",
    "db_pwd",
    "token",
    "accessToken",
    "client_secret",
    "api-key",
    "AccountKey",
    "passphrase",
]
LETTERS = string.ascii_letters + string.digits
plain_value = st.text(LETTERS + "-_.!$*+~@:/#%?", min_size=4, max_size=24).map(lambda v: f"q7{v}7q")
any_value = st.text(LETTERS + " -_.!$*+~@:/#%?,;&=()[]|'", min_size=4, max_size=24).map(lambda v: f"q7{v}7q")


@given(
    name=st.sampled_from(NAMES), value=plain_value, form=st.sampled_from(["{}={}", "{}: {}", "--{} {}", "a=1, {}={}"])
)
def test_a_named_value_is_taken_out_in_every_form(name: str, value: str, form: str) -> None:
    told = redact(f"it failed with {form.format(name, value)}")
    assert value not in told and "7q" not in told and told.startswith("it failed with ")


@given(name=st.sampled_from(NAMES), value=any_value)
def test_a_quoted_value_may_hold_anything(name: str, value: str) -> None:
    told = redact(f'{{"user": "u", "{name}": "{value}", "rows": 3}}')
    assert "q7" not in told and "7q" not in told and told.endswith('"rows": 3}')


@given(value=st.text(LETTERS + "-_.!$*+~@:#% ", min_size=4, max_size=24).map(lambda v: f"q7{v}7q"))
def test_a_password_in_an_address_is_taken_out_and_its_host_stays(value: str) -> None:
    told = redact(f"postgresql://khanij:{value}@db.example.org:5432/x is away")
    assert "q7" not in told and "7q" not in told and "db.example.org:5432/x is away" in told


@given(name=st.sampled_from([*NAMES, "key", "sig", "X-Amz-Signature"]), value=any_value)
def test_a_parameter_of_an_address_is_taken_out_and_the_others_stay(name: str, value: str) -> None:
    url = f"https://u:{quote(value, safe='')}@h.example/wfs?layer=a&{name}={quote(value, safe='')}&rows=3"
    for told in (redact(url), without_secrets(url)):
        assert "q7" not in told and "7q" not in told and "layer=a" in told and "rows=3" in told and "h.example" in told


@given(
    st.lists(
        st.sampled_from(
            ["monkey", "row", "keyword", "La_ppm", "block_id", "crs", "author", "signal", "layer", "tokens"]
        ),
        min_size=1,
    ),
    st.sampled_from(["WB-IN-TSF-002", "EPSG:4326", "12.5", "copper", "57B/08", "a.gpkg"]),
    st.sampled_from(["=", ": ", " "]),
)
def test_harmless_pairs_stay_as_they_are(names: list[str], value: str, between: str) -> None:
    text = ", ".join(f"{name}{between}{value}" for name in names)
    assert redact(text) == text


def test_a_value_that_is_known_is_masked_in_every_spelling_and_nowhere_else() -> None:
    remember("zq/9 plum")
    for form in ("zq/9 plum", quote("zq/9 plum", safe=""), base64.b64encode(b"zq/9 plum").decode().rstrip("=")):
        assert without_known(f"the server says {form}.") == "the server says ***."
    assert without_known("xzq/9 plums") == "xzq/9 plums"


def test_long_texts_do_not_take_long() -> None:
    began = time.process_time()
    for text in ("a" * 20_000, "a=" * 5_000, "password=" * 2_000, "://a:" * 2_000, '"' * 20_000, "x y " * 5_000):
        redact(text)
    assert time.process_time() - began < 15


def test_names_are_known_in_their_usual_spellings() -> None:
    secret = """apikey api_key api-key APIKEY key token access_token accessToken sig signature password pwd passphrase
    secret client_secret clientSecret auth X-Amz-Signature X-Amz-Credential X-Amz-Security-Token subscription-key
    Ocp-Apim-Subscription-Key AccountKey SharedAccessKey private_key id_token refresh_token x-goog-signature jwt
    Authorization app_key appkey licenseKey user_pass db_pwd AWSAccessKeyId""".split()
    plain = """typeName outputFormat bbox monkey keyword author authority sortBy primary_key sort_key max_tokens layer
    signal sigma design passes where resultOffset keyField format tokens compass""".split()
    assert [n for n in secret if not is_secret_name(n)] == [] and [n for n in plain if is_secret_name(n)] == []
    assert not re.search("S1", redact("X_TOKEN=S1"))
