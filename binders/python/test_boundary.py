"""What needs no fixture library: text, floats, arrays; and a few calls of the C library.

    cd binders/python && python3 -m unittest
"""

import array
import ctypes.util
import math
import random
import struct
import unittest

from boundary import (Array, CallRefused, Declarations, Extended, Keyword, Library, NotLinked,
                      SignatureRefused, kw, read_signature)
from boundary.edn import Unreadable, read_all
from boundary.floats import double, rounded, widened


class Text(unittest.TestCase):
    def refused(self, code, form, signature, declarations=""):
        with self.assertRaises(SignatureRefused) as caught:
            read_signature(signature, Declarations(declarations))
        self.assertEqual((caught.exception.code, caught.exception.form), (code, form))
        return caught.exception.offset

    def test_forms_know_where_they_stand(self):
        forms = read_all('#_ x [a "b\\n" #{1 2}] ; end\n {:k -1N}')
        self.assertEqual([form.kind for form in forms], ["vector", "map"])
        self.assertEqual(forms[0].value[2].source, "#{1 2}")
        self.assertEqual(forms[1].value[0][1].value, -1)

    def test_what_is_no_edn(self):
        for text in ("[", "]", "(]", "{a}", "{a 1 a 2}", '"', "07", "1a", ":", "::a", "a/b/c", "#1", "\\"):
            with self.assertRaises(Unreadable, msg=text):
                read_all(text)

    def test_text_nested_deep_needs_no_stack(self):
        self.refused("malformed-compound", "[]", "[x " + "[:slice " * 9999 + "[]" + "]" * 9999 + " :ret :void]")

    def test_a_place_is_in_bytes(self):
        self.assertEqual(self.refused("unknown-scalar", ":i65", "[ä :i65 :ret :void]"), 4)

    def test_the_earlier_stage_decides(self):
        self.refused("duplicate-binding", "z", "[x :void z Sport z :i64 :ret [:slice :u8]]")
        self.refused("unknown-type-name", "Sport", "[x :void z Sport :ret [:slice :u8]]")
        self.refused("void-argument", ":void", "[x :void :ret [:slice :u8]]")

    def test_a_declaration_is_refused(self):
        self.refused("enum-value-overflow", "256", "[:ret :void]", "(defenumz E {:backing :u8} [a 256])")
        self.refused("unknown-field", "B", "[:ret :void]", "(deftypez A [x B])")

    def test_normal_forms(self):
        signature = read_signature("[x [:slice :const :u8] & r :i64 :ret :bool]", Declarations())
        self.assertEqual(signature.normal(), "{:args [{:binding x :type [:slice :const :u8]} "
                                             "{:binding r :type :i64 :rest? true}] :ret :bool}")
        for type_ in [argument.type for argument in signature.arguments]:
            self.assertEqual(str(type_), type_.form.source)


class Floats(unittest.TestCase):
    def test_narrow_ones_round_as_the_machine_does(self):
        draw = random.Random(7)
        for _ in range(3000):
            number = double(draw.getrandbits(64))
            for format, code in (("f32", "f"), ("f16", "e")):
                try:
                    expected = struct.pack("<" + code, number)
                except OverflowError:
                    expected = struct.pack("<" + code, math.copysign(math.inf, number))
                bits = int.from_bytes(expected, "little")
                if not math.isnan(number):
                    self.assertEqual(rounded(format, number), bits, number)

    def test_wide_ones_come_back(self):
        draw = random.Random(8)
        for _ in range(3000):
            number = double(draw.getrandbits(64))
            for format in ("f80", "f128"):
                back = float(Extended.of(format, number))
                self.assertTrue(back == number or math.isnan(back) and math.isnan(number))

    def test_ties_go_to_even(self):
        self.assertEqual(rounded("f16", 2049), rounded("f16", 2048))
        self.assertEqual(rounded("f16", 2051), rounded("f16", 2052))
        self.assertEqual(widened("f16", rounded("f16", 10**5000)), math.inf)


class Values(unittest.TestCase):
    def test_keywords_are_one(self):
        self.assertIs(Keyword("red"), kw.red)

    def test_an_array_of_a_type_that_python_has_none_of(self):
        numbers = Array("i128", [-1, 1 << 100])
        numbers[0] = 5
        self.assertEqual((numbers.tolist(), len(numbers), numbers[1]), ([5, 1 << 100], 2, 1 << 100))
        numbers.window(1, 2)[0] = 7
        self.assertEqual(numbers[-1], 7)


class Calls(unittest.TestCase):
    def setUp(self):
        self.lib = Library(ctypes.util.find_library("c"))

    def test_a_scalar(self):
        absolute = self.lib.bind("labs", "[x :i64 :ret :i64]")
        self.assertEqual((absolute(-5), absolute(-5.0), absolute.path), (5, 5, "scalar"))
        for code, values in (("out-of-range", (1 << 63,)), ("type-mismatch", (True,)), ("arity", ())):
            with self.assertRaises(CallRefused) as caught:
                absolute(*values)
            self.assertEqual(caught.exception.code, code)

    def test_what_is_written_stands_in_the_caller_s_array(self):
        # memset(pointer, byte, length) has the carriers of this signature.
        fill = self.lib.bind("memset", "[p [:manyptr :u16] byte :i32 length :usize :ret :usize]")
        numbers = array.array("H", [0, 0, 0, 0])
        fill(numbers, 1, 4)
        self.assertEqual(numbers.tolist(), [0x0101, 0x0101, 0, 0])
        apart = memoryview(array.array("H", range(6)))
        fill(apart[::2], 0, 4)
        self.assertEqual(apart.tolist(), [0, 1, 0, 3, 4, 5])
        with self.assertRaises(CallRefused):
            fill(memoryview(bytes(8)).cast("H"), 0, 4)

    def test_what_is_missing_is_named(self):
        with self.assertRaisesRegex(NotLinked, "no_such"):
            self.lib.bind("no_such", "[:ret :void]")

    def test_a_closed_library(self):
        absolute = self.lib.bind("labs", "[x :i64 :ret :i64]")
        self.lib.close()
        self.lib.close()
        with self.assertRaisesRegex(CallRefused, "library-closed"):
            absolute(1)


if __name__ == "__main__":
    unittest.main()
