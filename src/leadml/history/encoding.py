"""Gives each different text a code, as fast as memory allows: compiled, and the same codes over many batches."""

import threading

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as arrow
from numba import njit

from leadml.clock import SIGNS, Offsets, Signs, string_buffers
from leadml.history.tables import NOT_THERE, Codes, ShortCodes

Slots = npt.NDArray[np.uint64]

_WIDEST = 23  # so many bytes fit, with their length, into the three words of a slot
_FEWEST_SLOTS = 1 << 11
_TOO_LONG = -2
_NO_KEY = np.uint64(_WIDEST + 1) << np.uint64(56)  # what is too long, or missing
_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)  # odd numbers whose bits are well mixed


class TextEncoder:
    """Encodes batches of texts, each different text once; several threads may use it.

    Short texts, as ids and words are, are compared as three machine words in a table of our own: a few times
    as fast as Arrow's dictionary, which must follow a pointer for each. Long ones go through Arrow's.

    Examples
    --------
    >>> encoder = TextEncoder()
    >>> encoder.add(pa.array(["phone", None, "email"])).tolist(), encoder.add(pa.array(["email", "fax"])).tolist()
    ([0, -1, 1], [1, 2])
    >>> encoder.words
    ('phone', 'email', 'fax')
    """

    def __init__(self) -> None:
        self._slots: Slots = np.zeros((_FEWEST_SLOTS, 4), np.uint64)
        self._long: dict[str, int] = {}
        self._words: list[str] = []
        self._lock = threading.Lock()

    @property
    def words(self) -> tuple[str, ...]:
        """All texts so far, in the order in which they came."""
        return tuple(self._words)

    def add(self, texts: pa.Array) -> ShortCodes:
        """Encode one batch.

        Parameters
        ----------
        texts : Arrow array of string or large_string, or a dictionary of one, shape (n,)

        Returns
        -------
        codes : int32 array, shape (n,)
            Places in `words`, -1 where the text is missing.
        """
        if pa.types.is_dictionary(texts.type):
            places = arrow.fill_null(texts.indices.cast(pa.int32()), NOT_THERE).to_numpy()
            codes: ShortCodes = np.append(self.add(texts.dictionary), np.int32(NOT_THERE))[places]
            return codes
        keys, codes = np.empty((len(texts), 3), np.uint64), np.empty(len(texts), np.int32)
        _pack(*string_buffers(texts), keys)
        missing = texts.is_null().to_numpy(zero_copy_only=False) if texts.null_count else None
        if missing is not None:
            keys[missing, 2] = _NO_KEY
        with self._lock:
            done = 0
            while done < len(texts):
                firsts = np.empty(min(self._room(), len(texts) - done), np.int64)
                firsts[0] = len(self._words)
                done, new = _encode(keys, done, self._slots, codes, firsts)
                self._words += texts.take(pa.array(firsts[:new])).to_pylist()
            if missing is not None:
                codes[missing] = NOT_THERE
            self._add_long(texts, codes)
        return codes

    def _room(self) -> int:
        """Make sure that at least half of the slots stay free, and say how many may still be taken."""
        if 2 * len(self._words) >= len(self._slots):
            self._slots = _in_more_slots(self._slots, 4 * len(self._slots))
        return len(self._slots) // 2 - len(self._words)

    def _add_long(self, texts: pa.Array, codes: ShortCodes) -> None:
        rows = np.flatnonzero(codes == _TOO_LONG)
        if len(rows):
            few = texts.take(pa.array(rows)).dictionary_encode()
            table = np.empty(len(few.dictionary), np.int32)
            for place, word in enumerate(few.dictionary.to_pylist()):
                if word not in self._long:
                    self._long[word] = len(self._words)
                    self._words.append(word)
                table[place] = self._long[word]
            codes[rows] = table[few.indices.to_numpy()]


@njit("int64(uint64[:, ::1], uint64, uint64, uint64)", cache=True, nogil=True)
def _slot_of(slots: Slots, low: int, middle: int, high: int) -> int:
    """Find the slot of a text, or the free one where it belongs."""
    mixed = low * np.uint64(_MULTIPLIERS[0]) ^ middle * np.uint64(_MULTIPLIERS[1]) ^ high * np.uint64(_MULTIPLIERS[2])
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(_MULTIPLIERS[0])
    last = np.uint64(len(slots) - 1)
    slot = (mixed ^ (mixed >> np.uint64(29))) & last
    while slots[slot, 3] != 0 and not (slots[slot, 0] == low and slots[slot, 1] == middle and slots[slot, 2] == high):
        slot = (slot + np.uint64(1)) & last
    return int(slot)


@njit("uint64[:, ::1](uint64[:, ::1], int64)", cache=True, nogil=True)
def _in_more_slots(slots: Slots, size: int) -> Slots:
    """Move what a table holds into a larger one."""
    larger = np.zeros((size, 4), np.uint64)
    for slot in range(len(slots)):
        if slots[slot, 3] != 0:
            larger[_slot_of(larger, slots[slot, 0], slots[slot, 1], slots[slot, 2])] = slots[slot]
    return larger


@njit(f"void(int64[::1], {SIGNS}, uint64[:, ::1])", cache=True, nogil=True)
def _pack(offsets: Offsets, signs: Signs, keys: Slots) -> None:
    """Write each text with its length into three machine words; one that is too long has a length beyond the widest."""
    for row in range(len(keys)):
        place, length = offsets[row], offsets[row + 1] - offsets[row]
        low = middle = high = np.uint64(0)
        if length <= _WIDEST:
            for byte in range(min(length, 8)):
                low |= np.uint64(signs[place + byte]) << np.uint64(8 * byte)
            for byte in range(8, min(length, 16)):
                middle |= np.uint64(signs[place + byte]) << np.uint64(8 * (byte - 8))
            for byte in range(16, length):
                high |= np.uint64(signs[place + byte]) << np.uint64(8 * (byte - 16))
        keys[row, 0], keys[row, 1] = low, middle
        keys[row, 2] = high | np.uint64(min(length, _WIDEST + 1)) << np.uint64(56)


@njit(
    "Tuple((int64, int64))(uint64[:, ::1], int64, uint64[:, ::1], int32[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def _encode(keys: Slots, row: int, slots: Slots, codes: ShortCodes, firsts: Codes) -> tuple[int, int]:
    """Encode from a row on, until the end or until there is no room for another new text.

    `firsts` holds, first, the number of texts known before; it gets the rows at which new ones came first.
    Gives the row where it stopped and the number of new texts.
    """
    known, new = firsts[0], 0
    while row < len(keys) and new < len(firsts):
        low, middle, high = keys[row, 0], keys[row, 1], keys[row, 2]
        if high >> np.uint64(56) > _WIDEST:
            codes[row] = _TOO_LONG
        else:
            slot = _slot_of(slots, low, middle, high)
            if slots[slot, 3] == 0:
                slots[slot, 0], slots[slot, 1], slots[slot, 2] = low, middle, high
                slots[slot, 3] = np.uint64(known + new + 1)
                firsts[new] = row
                new += 1
            codes[row] = np.int32(slots[slot, 3]) - 1
        row += 1
    return row, new
