"""Menu files as people have them: what is read, what is refused in which line, and that an export comes back as it was."""

import codecs
import csv
import json
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from http_edge.web.browse import menu_csv, menu_files
from http_edge.web.browse.menu_csv import COLUMNS, FEW_LINES, MOST_LINES, MOST_LONG, guarded, plain
from http_edge.web.browse.menu_export import meal_as_csv
from http_edge.web.browse.menu_files import Row
from http_edge.wire.problems import Problem
from tests.agents.scenario import NOW
from topics.contracts import catalog_commands, menu_commands
from topics.contracts.catalog_commands import PutMeal, RowRef, SaidMeal
from topics.contracts.menu_commands import MOST_ROWS, ROW_BYTES, NoteRow, TakePage
from topics.deciding.choosing import MealOption
from topics.documents.browse import Meal
from topics.values import forms

MAHMUT = "mahmut"


def rows(raw: bytes | str, said: Any = None) -> list[Row]:
    found = menu_files.read(raw.encode() if isinstance(raw, str) else raw, MAHMUT, said).rows
    return [row for row in found if row is not None]


def meals(raw: bytes | str) -> list[SaidMeal]:
    found = rows(raw)
    assert [row.faults for row in found] == [()] * len(found)
    return [row.row.said for row in found if row.row is not None]


def faults(raw: bytes | str) -> list[tuple[int, str]]:
    return [(fault.line, fault.field) for row in rows(raw) for fault in row.faults]


def refused(raw: bytes | str, said: Any = None) -> Problem:
    with pytest.raises(Problem) as caught:
        rows(raw, said)
    return caught.value


# -- how spreadsheets write

TABLE = "Ad;Fiyat;Açıklama\r\nİçli köfte;245,50;ŞIK\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        TABLE.encode(),
        codecs.BOM_UTF8 + TABLE.encode(),
        TABLE.encode("utf-16"),
        TABLE.encode("cp1254"),
        TABLE.replace("\r\n", "\n").encode(),
        TABLE.replace("\r\n", "\r").encode(),
        TABLE.replace(";", "\t").encode(),
        ("sep=;\r\n" + TABLE).encode(),
        TABLE.rstrip().encode(),
        (TABLE + ";;\r\n\r\n").encode(),
        "name,price,description\nİçli köfte,245.50,ŞIK\n".encode(),
        'NAME,"price ",description\n"İçli köfte","245,50","ŞIK"\n'.encode(),
    ],
)
def test_a_table_is_read_however_it_is_written(raw: bytes) -> None:
    assert meals(raw) == [SaidMeal(name="İçli köfte", price=24_550, description="ŞIK")]


def test_a_line_break_in_quotes_is_part_of_the_text() -> None:
    found = rows('name,price,description\r\nAdana,1,"iki\r\nsatır, ve ""tırnak"""\r\nUrfa,2,\r\n')
    assert [row.row.said.description for row in found if row.row] == ['iki\nsatır, ve "tırnak"', ""]
    assert [row.row.line for row in found if row.row] == [2, 4], "lines are those of the file"


@pytest.mark.parametrize(
    ("cell", "lira"),
    [("245,50", 245.5), ("245.5", 245.5), ("1.245,50", 1245.5), ("1,245.50", 1245.5), ("₺90", 90), ("90 TL", 90),
     ("90TL", 90), ("try90,5", 90.5), ("1 245,5", 1245.5), ("1.234.567", 1_234_567), ("0", 0), ("1.000,00", 1000),
     ("12\u00a0345,6", 12345.6)],
)  # fmt: skip
def test_a_price_is_read_as_people_write_it(cell: str, lira: float) -> None:
    assert menu_csv.amount(cell) == lira


@pytest.mark.parametrize(
    "cell", ["", "x", "-5", "1e5", "1.245", "245,505", "1.245.50", "1,2,3", "٣", "NaN", "=1+1", "1 2", "9 PASTL"]
)
def test_a_price_that_may_be_read_in_two_ways_is_refused(cell: str) -> None:
    assert faults(f'name,price\nAdana,"{cell}"\n') == [(2, "price")]


def test_a_cell_full_of_spaces_is_no_price_and_takes_no_time() -> None:
    assert faults("name,price\nAdana," + " " * 60_000 + "x\n") == [(2, "price")]


@pytest.mark.parametrize(
    ("cell", "said"),
    [("evet", True), ("HAYIR", False), ("Doğru", True), ("YANLIŞ", False), ("1", True), ("FALSE", False)],
)
def test_yes_and_no_in_both_languages(cell: str, said: bool) -> None:
    assert meals(f"name,price,isAvailable\na,1,{cell}\n")[0].is_available is said


def test_an_empty_cell_empties_what_a_missing_column_leaves() -> None:
    header = "name,price,description,isAvailable,image_url,cuisine,complementary_ids,options,allergens,diets"
    assert meals(f"{header}\na,1,,,,,,,,\n") == [
        SaidMeal(
            name="a",
            price=100,
            description="",
            image_url="",
            cuisine="",
            complementary_ids=(),
            options=(),
            allergens=(),
            diets=(),
        )
    ]
    assert meals("name,price\na,1\n") == [SaidMeal(name="a", price=100)]


def test_lists_and_options_in_a_cell() -> None:
    options = json.dumps([{"name": "Acı", "choices": ["az", "çok"], "prices": {"çok": 5}, "min": 1}]).replace('"', '""')
    (meal,) = meals(f'name,price,allergens,complementary_ids,options\na,1,gluten | milk,m-1;m-2,"{options}"\n')
    assert (meal.allergens, meal.complementary_ids) == (("gluten", "milk"), ("m-1", "m-2"))
    assert meal.options == (MealOption(name="Acı", choices=("az", "çok"), prices={"çok": 500}, min=1),)


# -- formulas


@pytest.mark.parametrize(
    "text", ["=1+1", "+90", "-5", "@sum", "\tx", "\nx", "'=1", "''@", "a", "", "'a", '=HYPERLINK("http://x")']
)
def test_what_a_spreadsheet_would_run_is_guarded_and_comes_back(text: str) -> None:
    assert plain(guarded(text)) == text
    assert not guarded(text).startswith(menu_csv.FORMULA)


def test_a_formula_that_comes_in_is_a_text() -> None:
    assert [meal.name for meal in meals("name,price\n=1+1,1\n'=2+2,1\n")] == ["=1+1", "=2+2"]


# -- what is wrong with a row


def test_all_that_is_wrong_with_a_row_is_told_and_the_others_go_on() -> None:
    raw = "name,price,isAvailable,allergens,diets\na,1,,,\n\u200b,x,maybe,milk|stone,\nb,2,,,vegan\n"
    assert faults(raw) == [(3, "price"), (3, "isAvailable"), (3, "name"), (3, "allergens[1]")]
    assert [row.row.line for row in rows(raw) if row.row] == [2, 4]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('"Adana;1', "not closed"),
        ('"Ada"na,1', "is no CSV"),
        ("a,1,2,3", "4 cells"),
        ("a\0,1", "NUL"),
    ],
)
def test_a_broken_line_does_not_take_the_next_along(line: str, why: str) -> None:
    found = rows(f"name,price\n{line}\nUrfa,2\nİskender,3\n")
    assert why in found[0].faults[0].why
    assert [row.row.said.name for row in found if row.row] == ["Urfa", "İskender"]


def test_a_quote_that_is_never_closed_costs_its_line_only() -> None:
    lines = [f"Yemek {number},1" for number in range(2 * MOST_LINES)]
    lines[7] = '"' + lines[7]
    found = rows("name,price\n" + "\n".join(lines))
    assert [row.faults[0].line for row in found if row.row is None] == [9]
    assert len(found) == len(lines)


def test_rows_that_could_go_on_for_megabytes_are_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, take = list[int](), menu_csv._Lines.__next__  # pyright: ignore[reportPrivateUsage]

    def counted(lines: Any) -> str:
        line = take(lines)
        taken.append(len(line))
        return line

    monkeypatch.setattr(menu_csv._Lines, "__next__", counted)  # pyright: ignore[reportPrivateUsage]
    line, many = 'a",' + "a," * 20_000 + '"b\n', 50  # ends within a quote, as the next one begins
    found = rows('name,price\n"' + line * many + "Urfa,2\n")
    assert [row.row.said.name for row in found if row.row] == ["Urfa"]
    assert all("characters" in row.faults[0].why or "quote" in row.faults[0].why for row in found if not row.row)
    assert sum(taken) < 3 * len(line) * many, "each line was read a few times, not once for each line before it"


@pytest.mark.parametrize("many", [MOST_LINES - 10, MOST_ROWS - 10])
def test_short_lines_that_have_no_end_are_given_up_early_when_there_are_many(
    monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """The ends of some are looked for up to the end of the file."""
    taken, take = list[int](), menu_csv._Lines.__next__  # pyright: ignore[reportPrivateUsage]

    def counted(lines: Any) -> str:
        line = take(lines)
        taken.append(1)
        return line

    monkeypatch.setattr(menu_csv._Lines, "__next__", counted)  # pyright: ignore[reportPrivateUsage]
    found = rows("name,price\n" + 'a","b\n' * many + "Urfa,2\n")  # each ends within a quote, as the next one begins
    assert [row.row.said.name for row in found if row.row] == ["Urfa"]
    assert sum(taken) <= MOST_LONG * MOST_LINES + many * (FEW_LINES + 1)


def test_one_bad_line_among_five_thousand() -> None:
    lines = [f"Yemek {number};{number},50" for number in range(MOST_ROWS)]
    lines[2_500] = "Yemek;beleş"
    found = rows("ad;fiyat\n" + "\n".join(lines))
    assert sum(row.row is not None for row in found) == MOST_ROWS - 1
    assert next(row.faults for row in found if row.row is None)[0].line == 2_502


def test_a_row_far_larger_than_a_meal_is_refused() -> None:
    raw = f"name,price,description,complementary_ids\na,1,{'ş' * 2000},{'|'.join('m' * 60 + str(n) for n in range(10, 50))}\n"
    assert faults(raw) == []
    options = [{"name": f"o{n}", "choices": ["c" * 100] * 40} for n in range(20)]
    assert len(json.dumps(options)) > ROW_BYTES
    (row,) = rows(json.dumps([{"name": "a", "price": 1, "options": options}]))
    assert row.row is None and "bytes" in row.faults[0].why
    (row,) = rows(b'[{"name":"' + b"a" * 200_000 + b'","price":1}]')
    assert row.row is None and "200,021 bytes" in row.faults[0].why, "before anything of it is read"


# -- the same meal


def test_a_meal_is_the_same_by_its_code_or_its_name() -> None:
    def ids(raw: str) -> list[str]:
        return [row.row.meal_id for row in rows(raw) if row.row]

    assert ids("name,price\nAdana,1\n") == ids("price,name\n2,ADANA\n"), "case and accents do not count"
    assert ids("code,name,price\nk1,Adana,1\n") == ids("code,name,price\nk1,Urfa,1\n")
    assert len(set(ids("code,name,price\nk1,Adana,1\nk2,Adana,1\n,Adana,1\n"))) == 3
    assert ids("id,name,price\nm-1,Adana,1\n") == ["m-1"]
    other = next(iter(menu_files.read(b"name,price\nAdana,1\n", "tokyo", None).rows))
    assert other is not None and other.row is not None and [other.row.meal_id] != ids("name,price\nAdana,1\n")


def test_the_same_meal_twice_is_refused_the_second_time() -> None:
    raw = "id,code,name,price\n,,Adana,1\n,,adana,2\n,k,x,1\n,k,y,1\nm-1,,z,1\nm-1,,w,1\n"
    assert [(row.faults[0].line, row.faults[0].why) for row in rows(raw) if row.faults] == [
        (3, "is the same meal as line 2"), (5, "is the same meal as line 4"), (7, "is the same meal as line 6"),
    ]  # fmt: skip


# -- a file that is none


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"  \n ", 400),
        (b"name,description\na,b\n", 422),
        (b"name,name,price\na,b,1\n", 422),
        (b"\xff\xfe\x00", 422),
        (b"name,price\xff\x81\x90\n", 422),
        (b'"name,price\n', 422),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 422),
        (b"[{]", 400),
        (b"[1,2", 400),
        (b"[" * 100_000, 400),
        (b'{"user_id":' + b"[" * 100_000, 400),
        (b'{"meals": 3}', 422),
        (b'{"dishes": []}', 422),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(raw: bytes, status: int) -> None:
    assert refused(raw).status == status


def test_what_is_said_to_be_json_is_read_as_json() -> None:
    assert refused("name,price\na,1\n", "json").status == 400
    assert refused("[1]", "csv").status == 422


def test_more_rows_than_a_file_has_are_refused() -> None:
    assert refused(json.dumps([1] * (MOST_ROWS + 1))).status == 422


@pytest.mark.parametrize("whole", ["[%s]", '{"meals":[%s]}'])
def test_millions_of_rows_are_refused_before_they_are_made(whole: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To decode a list of two million takes the edge's loop half a second."""
    raw = (whole % ",".join(["0"] * 2_000_000)).encode()
    for decoder in ("_items", "_whole"):
        monkeypatch.setattr(menu_files, decoder, None)
    assert refused(raw).status == 422


def test_columns_that_mean_nothing_are_told() -> None:
    found = menu_files.read(b"name,price,renk,\x07,,created_at\na,1,2,,,\n", MAHMUT, None)
    assert found.ignored == ("renk", "?", "created_at")


def test_a_json_file_is_a_list_or_has_one() -> None:
    meal = {"name": "a", "price": 1.5, "isAvailable": None, "created_at": "2026"}
    assert (
        meals(json.dumps([meal]))
        == meals(json.dumps({"meals": [meal], "user_id": "u"}))
        == [SaidMeal(name="a", price=150)]
    )
    assert faults('[1, {"name":"a","name":"b"}, {"name":"\\u0000"}, {"price":-1}]') == [
        (1, ""), (2, "name"), (3, "name"), (4, "name"), (4, "price"),
    ]  # fmt: skip
    assert menu_files.owner_said(b' {"meals":[],"user_id":"u"}') == "u"
    assert menu_files.owner_said(b"name,price") is None


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(raw: bytes) -> None:
    for prefix in (b"", b"name,price,options\n", b"[", b'[{"name":'):
        try:
            found = rows(prefix + raw)
        except Problem as problem:
            assert 400 <= problem.status < 500
        else:
            assert all((row.row is None) == bool(row.faults) for row in found)


CELL = st.text(max_size=30) | st.sampled_from(
    [
        "1",
        "245,50",
        "evet",
        "Adana",
        "m-1",
        "milk|nuts",
        '[{"name":"a","choices":["b"]}]',
        "[{}]",
        '[{"name":"\\ud800"}]',
        "x" * 130,
    ]
)


@given(st.lists(st.lists(CELL, min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=4))
def test_what_is_not_refused_can_be_read_by_agents(cells: list[list[str]]) -> None:
    text = StringIO()
    csv.writer(text).writerows([tuple(COLUMNS), *cells])
    found = rows(text.getvalue().encode(errors="replace"))
    take = TakePage(
        restaurant_id=MAHMUT,
        number=1,
        rows=tuple(row.row for row in found if row.row is not None),
        refused=tuple(fault for row in found for fault in row.faults),
    )
    assert menu_commands.TOPIC.decode("TakePage", menu_commands.TOPIC.encode(take)) == take
    for row in take.rows:
        ref = RowRef(page="p", number=1, line=row.line)
        put = PutMeal(restaurant_id=MAHMUT, owner_id="o", known=row.known, said=row.said, row=ref)
        assert catalog_commands.TOPIC.decode("PutMeal", catalog_commands.TOPIC.encode(put)) == put
    for fault in take.refused:
        note = NoteRow(number=1, line=fault.line, outcome="refused", field=fault.field, why=fault.why)
        assert menu_commands.TOPIC.decode("NoteRow", menu_commands.TOPIC.encode(note)) == note


# -- there and back

LINE = st.text(max_size=40).map(lambda text: _line(text))
ID = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,20}", fullmatch=True)


def _line(text: str) -> str:
    try:
        return forms.line(text)
    except forms.NotInForm:
        return "x"


MEAL = st.builds(
    Meal,
    id=ID,
    restaurant_id=st.just(MAHMUT),
    name=LINE.map(lambda text: text or "x"),
    description=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=60),
    is_available=st.booleans(),
    price=st.integers(0, 10**8),
    image_url=st.sampled_from(["", "https://images.example.com/a,b;c.jpg"]),
    cuisine=LINE,
    complementary_ids=st.lists(ID, max_size=3).map(tuple),
    options=st.lists(
        st.builds(MealOption, name=LINE.map(lambda text: text or "x"), choices=st.lists(LINE, max_size=3).map(tuple)),
        max_size=2,
    ).map(tuple),
    allergens=st.lists(st.sampled_from(["milk", "nuts"]), max_size=2).map(tuple),
    diets=st.lists(st.sampled_from(["vegan", "halal"]), max_size=2).map(tuple),
    created_at=st.just(NOW),
    updated_at=st.just(NOW),
)


@given(MEAL, st.sampled_from(["comma", "semicolon"]))
def test_what_is_exported_comes_back_as_it_was(meal: Meal, separator: Any) -> None:
    (row,) = rows(meal_as_csv(None, separator) + meal_as_csv(meal, separator))
    assert row.row is not None, row.faults
    assert (row.row.meal_id, row.row.known) == (meal.id, True)
    said = row.row.said
    assert {name: getattr(said, name) for name in SaidMeal.__struct_fields__} == {
        name: getattr(meal, name) for name in SaidMeal.__struct_fields__
    }
    cells = next(
        csv.reader(
            StringIO(meal_as_csv(meal, separator).decode(), newline=""), delimiter="," if separator == "comma" else ";"
        )
    )
    assert not any(cell.startswith(menu_csv.FORMULA) for cell in cells)


@pytest.mark.parametrize("description", ["\n" * 2_000, "bir\n" * 500, '"\n' * 1_000, "\r\n" * 1_000])
def test_a_description_of_many_lines_comes_back(description: str) -> None:
    """So many lines as its characters allow. Line breaks of Windows come back as those of Unix."""
    meal = Meal(
        id="m-1", restaurant_id=MAHMUT, name="Adana", description=description, price=100, is_available=True, image_url="",
        cuisine="", complementary_ids=(), options=(), created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    found = rows(b"".join(meal_as_csv(each, "comma") for each in (None, meal, replace(meal, id="m-2", name="Urfa"))))
    assert [row.row and row.row.said.description for row in found] == [description.replace("\r\n", "\n")] * 2


def test_every_field_of_a_meal_has_a_column() -> None:
    encoded = set(menu_files.MealInFile.__struct_encode_fields__)
    assert set(COLUMNS) == encoded
    assert set(menu_files.READ) == encoded
    first = meal_as_csv(None, "comma").decode("utf-8-sig").strip().split(",")
    assert set(first) == encoded - {"code"}
