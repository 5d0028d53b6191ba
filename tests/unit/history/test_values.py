"""Columns of any type become words, instants and numbers; what a text says does not hang on its neighbours."""

import random
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from leadml.clock import to_iso
from leadml.history.encoding import TextEncoder
from leadml.history.values import blanks_in, instants_of, numbers_of, words_of
from leadml.history.written_otherwise import format_of

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


def said(column, meaning=None):
    text = words_of(column, meaning)
    assert len(set(text.words)) == len(text.words)
    assert set(text.codes.tolist()) - {-1} == set(range(len(text.words)))  # each word occurs
    return [None if code < 0 else text.words[code] for code in text.codes]


def chunked(*parts, kind=None):
    return pa.chunked_array([pa.array(part, kind) for part in parts])


@pytest.mark.parametrize(
    "column",
    [
        chunked(["a", None, "b", "a"]),
        chunked(["a", None], ["b", "a"]),
        chunked(["a", None], [], ["b", "a"], kind=pa.string()),
        chunked(["a", None, "b", "a"], kind=pa.large_string()),
        pa.chunked_array([pa.array(["a", None, "b", "a"]).dictionary_encode()]),
        pa.chunked_array([pa.array(["a", None]).dictionary_encode(), pa.array(["b", "a"]).dictionary_encode()]),
        pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array([2, None, 0, 2], pa.uint8()), ["b", "c", "a"])]),
        pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 0]), ["a", None, "b"])]),
        chunked(["x", "a", None, "b", "a"]).slice(1),
        chunked(["a", "  ", "b", "a"]),
        chunked(["a", "", "b", "a"]),
    ],
)
def test_words_are_the_same_however_they_are_held(column):
    assert said(column) == ["a", None, "b", "a"]


def test_words_become_ours_and_two_may_become_one():
    assert said(chunked(["MQL", "mql", None, "old", ""]), {"MQL": "mql", "old": "", "": "none"}) == [
        "mql",
        "mql",
        "none",
        None,
        "none",
    ]


def test_an_empty_column_has_no_words():
    assert said(pa.chunked_array([], pa.string())) == []
    assert said(chunked([], kind=pa.string())) == []


def test_floats_are_written_as_ids_and_amounts_are():
    assert said(chunked([7.0, 2.5, float("nan"), None, 1e15, -3.0])) == [
        "7",
        "2.5",
        None,
        None,
        "1000000000000000",
        "-3",
    ]


@pytest.mark.parametrize("seed", range(3))
def test_codes_of_many_batches_are_those_of_one(seed):
    chance, encoder = random.Random(seed), TextEncoder()
    lengths = (0, 1, 7, 8, 9, 15, 16, 17, 22, 23, 24, 40)
    texts = [
        None if chance.random() < 0.1 else "".join(chance.choices("ab\0é鈴", k=chance.choice(lengths)))
        for _ in range(20_000)
    ]
    codes = []
    while len(codes) < len(texts):
        size = chance.choice([1, 10, 5000])
        codes += encoder.add(pa.array(texts[len(codes) : len(codes) + size], pa.string())).tolist()
    words = encoder.words
    assert [None if code < 0 else words[code] for code in codes] == texts
    assert len(set(words)) == len(words)


def test_texts_that_differ_only_after_many_signs_are_two():
    texts = [f"{'x' * length}{number}" for length in (0, 8, 16, 40) for number in range(100_000, 130_000)]
    assert said(chunked(texts)) == texts


@pytest.mark.parametrize(
    ("column", "instants"),
    [
        (chunked([MORNING], kind=pa.timestamp("s", "UTC")), ["2026-03-02T09:00:00.000000Z"]),
        (chunked([MORNING], kind=pa.timestamp("ms", "Asia/Tokyo")), ["2026-03-02T09:00:00.000000Z"]),
        (chunked([MORNING], kind=pa.timestamp("us", "UTC")), ["2026-03-02T09:00:00.000000Z"]),
        (chunked([MORNING], kind=pa.timestamp("ns", "UTC")), ["2026-03-02T09:00:00.000000Z"]),
        (chunked([MORNING.replace(tzinfo=None)]), ["2026-03-02T08:00:00.000000Z"]),
        (chunked([date(2026, 3, 2)]), ["2026-03-02T22:59:59.999999Z"]),
        (chunked([date(2026, 3, 2)], kind=pa.date64()), ["2026-03-02T22:59:59.999999Z"]),
        (
            chunked(["2026-03-02"], ["2026-03-02T09:00:00Z"]),
            ["2026-03-02T22:59:59.999999Z", "2026-03-02T09:00:00.000000Z"],
        ),
    ],
)
def test_times_are_the_same_however_they_are_held(column, instants):
    for held in (column, pa.chunked_array([chunk.dictionary_encode() for chunk in column.chunks])):
        reading = instants_of(held, ("iso_8601",), time_zone="Europe/Berlin")
        assert [to_iso(int(instant)) for instant in reading.instants] == instants


def test_a_missing_timestamp_is_unreadable_and_blank():
    column = chunked([None, MORNING], kind=pa.timestamp("us", "UTC"))
    assert instants_of(column, ("iso_8601",), time_zone=None).unreadable.tolist() == [True, False]
    assert blanks_in(column).tolist() == [True, False]


def test_a_timestamp_far_beyond_stays_far_beyond():
    column = pa.chunked_array([pa.array([2**61, -(2**61)], pa.timestamp("s", "UTC"))])
    reading = instants_of(column, ("iso_8601",), time_zone=None)
    assert [to_iso(int(instant))[:4] for instant in reading.instants] == ["9999", "0001"]


@pytest.mark.parametrize(
    ("time_format", "written", "instant"),
    [
        ("epoch_seconds", "1772442000", "2026-03-02T09:00:00.000000Z"),
        ("epoch_seconds", "1772442000.25", "2026-03-02T09:00:00.250000Z"),
        ("epoch_milliseconds", " 1772442000123 ", "2026-03-02T09:00:00.123000Z"),
        ("%d.%m.%Y %H:%M", "02.03.2026 09:00", "2026-03-02T00:00:00.000000Z"),
        ("%m/%d/%Y %I:%M %p", "03/02/2026 9:00 PM", "2026-03-02T12:00:00.000000Z"),
        ("%Y年%m月%d日", "2026年3月2日", "2026-03-02T14:59:59.999999Z"),
        ("%d.%m.%Y %H:%M %z", "02.03.2026 09:00 +0100", "2026-03-02T08:00:00.000000Z"),
    ],
)
def test_a_declared_format_is_read_beside_iso_8601(time_format, written, instant):
    column = chunked(["2026-03-02T09:00:00Z", written, "soon", None])
    reading = instants_of(column, ("iso_8601", time_format), time_zone="Asia/Tokyo")
    assert to_iso(int(reading.instants[1])) == instant
    assert reading.unreadable.tolist() == [False, False, True, True]
    assert instants_of(column, (time_format,), time_zone="Asia/Tokyo").unreadable.tolist() == [True, False, True, True]


def test_whole_numbers_are_times_only_where_the_source_says_so():
    column = chunked([1_772_442_000, None])
    assert instants_of(column, ("iso_8601",), time_zone=None).unreadable.all()
    assert instants_of(column, ("epoch_seconds",), time_zone=None).unreadable.tolist() == [False, True]


@pytest.mark.parametrize(
    ("column", "numbers"),
    [
        (chunked([1, None]), [1.0, np.nan]),
        (chunked([1.5, None, float("nan")]), [1.5, np.nan, np.nan]),
        (chunked([Decimal("12.50"), None]), [12.5, np.nan]),
        (chunked(["1e3", " -3.5 ", "", None]), [1000.0, -3.5, np.nan, np.nan]),
        (chunked(["1", "x"], ["2"]), [1.0, np.nan, 2.0]),
        (pa.chunked_array([pa.array(["7", None, "7"]).dictionary_encode()]), [7.0, np.nan, 7.0]),
        (chunked([True, False]), [np.nan, np.nan]),
        (pa.chunked_array([], pa.string()), []),
    ],
)
def test_numbers_are_the_same_however_they_are_held(column, numbers):
    assert np.array_equal(numbers_of(column), numbers, equal_nan=True)


def test_blank_is_missing_empty_or_space():
    assert blanks_in(chunked(["a", "", " \t", None, "\u3000"])).tolist() == [False, True, True, True, True]
    assert blanks_in(pa.chunked_array([pa.array(["a", "", None]).dictionary_encode()])).tolist() == [False, True, True]
    assert blanks_in(chunked([1.0, float("nan"), None])).tolist() == [False, True, True]
    assert blanks_in(chunked([1, None])).tolist() == [False, True]


@pytest.mark.parametrize(
    ("written", "time_format"),
    [
        ("20260302", "%Y%m%d"),
        ("2026-3-2", "%Y-%m-%d"),
        ("2026.03.02 09:00:15", "%Y.%m.%d %H:%M:%S"),
        ("2.3.2026", "%d.%m.%Y"),
        ("31/12/2026", "%d/%m/%Y"),
        ("12/31/2026 09:00", "%m/%d/%Y %H:%M"),
        ("2026年3月2日", "%Y年%m月%d日"),
        ("02-03-2026 09:00:15.5", "%d-%m-%Y %H:%M:%S.%f"),
        ("2026-02-30", None),
        ("31.31.2026", None),
        ("99999999", None),
        ("123", None),
        ("2026-03-02T09:00:00+25:00", None),
        ("now", None),
    ],
)
def test_a_time_in_another_format_is_recognised(written, time_format):
    assert format_of(written) == time_format
    if time_format is not None:
        assert not instants_of(chunked([written]), (time_format,), time_zone="UTC").unreadable.any()
