//! The scalars, one row each: everything that is known of one is in its row or follows from it.
//!
//! What is done with a scalar depends on its [`Class`] and on nothing else, so a match over classes is
//! exhaustive, and a new integer of C is a row here and no edit there.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use Width::{Bits8, Bits16, Bits32, Bits64, Bits128};

/// What a scalar is on the target, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// An integer in two's complement.
    Integer {
        /// Whether it has a sign.
        signed: bool,
        /// How wide it is.
        width: Width,
    },
    /// A binary float.
    Float(Format),
    /// One byte, 0 or 1.
    Bool,
}

/// How wide an integer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant says it")]
pub enum Width {
    Bits8,
    Bits16,
    Bits32,
    Bits64,
    Bits128,
}

/// A float's format (IEEE 754-2019, 3.4; of `F80` the Intel manual, 4.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the format of the keyword of the same spelling")]
pub enum Format {
    F16,
    F32,
    F64,
    F80,
    F128,
}

/// How wide a target makes the integers of C that have no width of their own.
///
/// This process's own holds, but where the process judges what is built for another: see [`DataModel::judge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataModel {
    /// `int`, `long` and pointers of 32 bits.
    Ilp32,
    /// `long` and pointers of 64 bits: Unix.
    Lp64,
    /// Pointers of 64 bits, `long` of 32: Windows.
    Llp64,
}

/// A row of the table.
struct Row {
    name: &'static str,
    c_type: &'static str,
    /// By [`DataModel`].
    classes: [Class; 3],
    header_number: u32,
}

/// What binders ask of a scalar during calls.
#[derive(Clone, Copy)]
struct Here {
    class: Class,
    size: usize,
    signed: bool,
}

macro_rules! scalars {
    ($($scalar:ident $name:literal $c_type:literal $classes:expr, $number:literal;)*) => {
        /// A scalar type (T-1, T-2, and `:bool` of T-3).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Scalar {
            $(
                #[doc = concat!("`:", $name, "`, in C `", $c_type, "`")]
                #[serde(rename = $name)]
                $scalar,
            )*
        }

        impl Scalar {
            /// Every scalar, in the order of the table.
            pub const ALL: [Scalar; [$($number),*].len()] = [$(Scalar::$scalar),*];
        }

        const TABLE: [Row; Scalar::ALL.len()] = [$(
            Row { name: $name, c_type: $c_type, classes: $classes, header_number: $number },
        )*];
    };
}

scalars! {
    // Keyword, C type as GCC and Clang spell it, class in each data model, number in
    // include/boundary_binder.h, which a scalar keeps for ever.
    I8    "i8"    "int8_t"            signed([Bits8; 3]),     1;
    I16   "i16"   "int16_t"           signed([Bits16; 3]),    2;
    I32   "i32"   "int32_t"           signed([Bits32; 3]),    3;
    I64   "i64"   "int64_t"           signed([Bits64; 3]),    4;
    I128  "i128"  "__int128"          signed([Bits128; 3]),   5;
    U8    "u8"    "uint8_t"           unsigned([Bits8; 3]),   6;
    U16   "u16"   "uint16_t"          unsigned([Bits16; 3]),  7;
    U32   "u32"   "uint32_t"          unsigned([Bits32; 3]),  8;
    U64   "u64"   "uint64_t"          unsigned([Bits64; 3]),  9;
    U128  "u128"  "unsigned __int128" unsigned([Bits128; 3]), 10;
    Isize "isize" "intptr_t"          signed(POINTER),        11;
    Usize "usize" "uintptr_t"         unsigned(POINTER),      12;
    F16   "f16"   "_Float16"          [Class::Float(Format::F16); 3],  13;
    F32   "f32"   "float"             [Class::Float(Format::F32); 3],  14;
    F64   "f64"   "double"            [Class::Float(Format::F64); 3],  15;
    F80   "f80"   "long double"       [Class::Float(Format::F80); 3],  16;
    F128  "f128"  "__float128"        [Class::Float(Format::F128); 3], 17;
    Bool  "bool"  "bool"              [Class::Bool; 3],       18;
}

const POINTER: [Width; 3] = [Bits32, Bits64, Bits64];

const fn signed([ilp32, lp64, llp64]: [Width; 3]) -> [Class; 3] {
    [integer(true, ilp32), integer(true, lp64), integer(true, llp64)]
}

const fn unsigned([ilp32, lp64, llp64]: [Width; 3]) -> [Class; 3] {
    [integer(false, ilp32), integer(false, lp64), integer(false, llp64)]
}

const fn integer(signed: bool, width: Width) -> Class {
    Class::Integer { signed, width }
}

const HERE: [Here; Scalar::ALL.len()] = on(DataModel::HERE);
const ILP32: [Here; Scalar::ALL.len()] = on(DataModel::Ilp32);

const fn on(model: DataModel) -> [Here; Scalar::ALL.len()] {
    let mut here = [Here { class: Class::Bool, size: 1, signed: false }; Scalar::ALL.len()];
    let mut at = 0;
    while at < here.len() {
        let class = TABLE[at].classes[model as usize];
        let signed = matches!(class, Class::Integer { signed: true, .. });
        here[at] = Here { class, size: class.size(), signed };
        at += 1;
    }
    here
}

const _: () =
    assert!(HERE[Scalar::Usize as usize].size == size_of::<usize>(), "the data model is another");

/// Whether what this process judges has words of 32 bits though its own may be wider.
static HAS_WORDS_OF_32: AtomicBool = AtomicBool::new(false);

impl Scalar {
    /// What it is on the target that is judged.
    #[inline]
    pub fn class(self) -> Class {
        self.judged().class
    }

    /// Its row. Only the words differ, so that whoever knows his scalar asks nothing when he runs.
    #[inline]
    fn judged(self) -> &'static Here {
        let is_word = matches!(self, Scalar::Isize | Scalar::Usize);
        let narrow = is_word && HAS_WORDS_OF_32.load(Ordering::Relaxed);
        if narrow { &ILP32[self as usize] } else { &HERE[self as usize] }
    }

    /// The keyword's name without its colon.
    pub const fn name(self) -> &'static str {
        TABLE[self as usize].name
    }

    /// The scalar a keyword's name (without colon) stands for.
    pub fn from_name(name: &str) -> Option<Scalar> {
        Scalar::ALL.into_iter().find(|scalar| scalar.name() == name)
    }

    /// The C type, 128-bit and extended ones as GCC and Clang spell them.
    pub const fn c_type(self) -> &'static str {
        TABLE[self as usize].c_type
    }

    /// Its number in the C interface (include/boundary_binder.h).
    pub const fn header_number(self) -> u32 {
        TABLE[self as usize].header_number
    }

    /// The scalar of a number of the C interface.
    pub fn from_header_number(number: u32) -> Option<Scalar> {
        Scalar::ALL.into_iter().find(|scalar| scalar.header_number() == number)
    }

    /// Size in bytes on the target's C ABI; `:f80` takes 16 on x86-64.
    #[inline]
    pub fn size(self) -> usize {
        self.judged().size
    }

    /// Alignment in bytes on the target's C ABI: every scalar is aligned to its size.
    pub fn alignment(self) -> usize {
        self.size()
    }

    /// How many of its bytes mean something, from the first on: an `:f80` ends in padding.
    pub fn significant_bytes(self) -> usize {
        match self.class() {
            Class::Float(format) => format.bits() as usize / 8,
            Class::Integer { .. } | Class::Bool => self.size(),
        }
    }

    /// Whether this is an integer type, `:bool` not included.
    #[inline]
    pub const fn is_integer(self) -> bool {
        matches!(HERE[self as usize].class, Class::Integer { .. })
    }

    /// Whether this is a float type.
    #[inline]
    pub const fn is_float(self) -> bool {
        matches!(HERE[self as usize].class, Class::Float(_))
    }

    /// The format of a float type.
    pub const fn format(self) -> Option<Format> {
        match HERE[self as usize].class {
            Class::Float(format) => Some(format),
            Class::Integer { .. } | Class::Bool => None,
        }
    }

    /// Whether this is an integer type with a sign.
    #[inline]
    pub const fn is_signed(self) -> bool {
        HERE[self as usize].signed
    }

    /// Whether this is a *wide scalar*: it crosses by pointer (L-3).
    #[inline]
    pub const fn is_wide(self) -> bool {
        use Scalar::{
            Bool, F16, F32, F64, F80, F128, I8, I16, I32, I64, I128, Isize, U8, U16, U32, U64,
            U128, Usize,
        };
        match self {
            I128 | U128 | F80 | F128 => true,
            I8 | I16 | I32 | I64 | Isize | U8 | U16 | U32 | U64 | Usize | Bool => false,
            F16 | F32 | F64 => false,
        }
    }

    /// Whether this is a *carrier scalar*: it crosses by value (L-1, L-2).
    #[inline]
    pub const fn is_carrier(self) -> bool {
        !self.is_wide()
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, ":{}", self.name())
    }
}

impl Class {
    const fn size(self) -> usize {
        match self {
            Class::Integer { width, .. } => width.bits() as usize / 8,
            Class::Float(Format::F16) => 2,
            Class::Float(Format::F32) => 4,
            Class::Float(Format::F64) => 8,
            Class::Float(Format::F80 | Format::F128) => 16,
            Class::Bool => 1,
        }
    }
}

impl Width {
    /// In bits.
    pub const fn bits(self) -> u32 {
        match self {
            Bits8 => 8,
            Bits16 => 16,
            Bits32 => 32,
            Bits64 => 64,
            Bits128 => 128,
        }
    }
}

impl Format {
    /// Bits below the leading bit of the significand.
    pub const fn fraction_bits(self) -> u32 {
        match self {
            Format::F16 => 10,
            Format::F32 => 23,
            Format::F64 => 52,
            Format::F80 => 63,
            Format::F128 => 112,
        }
    }

    /// Bits of the exponent.
    pub const fn exponent_bits(self) -> u32 {
        match self {
            Format::F16 => 5,
            Format::F32 => 8,
            Format::F64 => 11,
            Format::F80 | Format::F128 => 15,
        }
    }

    /// Whether the leading bit of the significand is stored.
    pub const fn stores_leading_bit(self) -> bool {
        match self {
            Format::F80 => true,
            Format::F16 | Format::F32 | Format::F64 | Format::F128 => false,
        }
    }

    /// Where the exponent begins, counted from the lowest bit.
    pub const fn exponent_at(self) -> u32 {
        self.fraction_bits() + self.stores_leading_bit() as u32
    }

    /// Bits of a value, padding not included.
    pub const fn bits(self) -> u32 {
        1 + self.exponent_bits() + self.exponent_at()
    }
}

impl DataModel {
    const HERE: DataModel = match (cfg!(target_pointer_width = "32"), cfg!(windows)) {
        (true, _) => DataModel::Ilp32,
        (false, true) => DataModel::Llp64,
        (false, false) => DataModel::Lp64,
    };

    /// Has this process judge what is built for this data model: every `:usize`, `:isize`, address and length is as
    /// wide as it says, in signatures, layouts and cases. To be said before any of them is read, and by a process
    /// that makes no native calls with them.
    pub fn judge(self) {
        HAS_WORDS_OF_32.store(self == DataModel::Ilp32, Ordering::Relaxed);
    }

    /// Whether this process judges what is built for other words than its own.
    pub fn is_foreign() -> bool {
        HAS_WORDS_OF_32.load(Ordering::Relaxed) && DataModel::HERE != DataModel::Ilp32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The scalars a text names, in backquotes one or more at a time.
    fn named(text: &str) -> Vec<Scalar> {
        let quoted = text.split('`').skip(1).step_by(2).flat_map(str::split_whitespace);
        quoted.filter_map(|word| Scalar::from_name(word.strip_prefix(':')?)).collect()
    }

    fn are(fits: impl Fn(Scalar) -> bool) -> Vec<Scalar> {
        Scalar::ALL.into_iter().filter(|scalar| fits(*scalar)).collect()
    }

    #[test]
    fn the_contract_names_the_scalars_of_the_table() {
        let contract = include_str!("../../docs/contract.md");
        let part = |from: &str, to: &str| {
            let (_, rest) = contract.split_once(from).expect(from);
            rest.split_once(to).expect(to).0
        };
        let (signed, unsigned) = part("| T-1 |", ". `").split_once("unsigned").expect("both");
        assert_eq!(named(signed), are(Scalar::is_signed));
        assert_eq!(named(unsigned), are(|of| of.is_integer() && !of.is_signed()));
        assert_eq!(named(part("| T-2 |", "\n")), are(Scalar::is_float));
        assert_eq!(named(part("| T-3 |", "\n")), [Scalar::Bool]);
        assert_eq!(named(part("A *wide scalar* is", ".")).len(), are(Scalar::is_wide).len());
        assert!(named(part("A *wide scalar* is", ".")).into_iter().all(Scalar::is_wide));
    }

    #[test]
    fn names_and_numbers_are_of_one_scalar() {
        for scalar in Scalar::ALL {
            assert_eq!(Scalar::from_name(scalar.name()), Some(scalar));
            assert_eq!(Scalar::from_header_number(scalar.header_number()), Some(scalar));
        }
        assert_eq!(Scalar::from_header_number(0), None);
    }

    #[test]
    fn a_format_fills_its_type_but_for_padding() {
        for scalar in are(|scalar| scalar != Scalar::F80) {
            assert_eq!(scalar.significant_bytes(), scalar.size(), "{scalar}");
        }
        assert_eq!(Scalar::F80.significant_bytes(), 10);
    }
}
