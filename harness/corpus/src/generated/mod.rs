//! Signatures made from a seed: callable ones, of every class and up to sixteen arguments (a few have up to 62), so that
//! both register files spill to the stack in many patterns (L-22). They become one Zig file, built through
//! the layer that exports the fixtures, and an ordinary corpus whose cases any arm can run.
//!
//! Deliberately not here: how a case is put to a subject (`arm`), and when it is built (`run`).

mod callbacks;
mod cases;
mod draw;
mod lacks;
mod pick;
mod shrink;
mod tag;
mod told;
mod zig;

use std::sync::LazyLock;

use contract::{Beyond, Declarations, Scalar, Type};

use crate::case::Held;

pub use cases::{Place, corpus, is_made, is_suite_of_a_seed, places, seed_of, suite_of};
pub use draw::signatures;
pub use lacks::without;
pub use shrink::{Fail, Shrunk, contains, shrink};
pub use zig::{by_value, source};

/// The seed of a run that names none.
pub const SEED: u64 = 1;

/// Signatures of a seed that every binder owes.
pub const OWED: usize = 400;
/// Those of structs by value, which follow (G).
pub const BY_VALUE: usize = 100;
/// Those of what C has beyond plain structs, which follow them, as many of each kind (G-4 to G-8).
pub const BEYOND: usize = 30 * Beyond::ALL.len();
/// Those of what C libraries' signatures look like, which follow those (Z): strings, lengths, what comes out, and all of them, in turn.
pub const TOLD: usize = 80;
/// Those that are given functions of the host's, last (K-1), every other with what callback types are (K-9).
pub const CALLBACKS: usize = 60;
/// Signatures of a seed.
pub const COUNT: usize = OWED + BY_VALUE + BEYOND + TOLD + CALLBACKS;

/// Arguments of a signature at the most; of a few long ones, as many as the evidence page holds.
pub const ARGUMENTS: usize = 16;

/// A signature made, not written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Made {
    /// Types of its arguments.
    pub arguments: Vec<Type>,
    /// The type it returns.
    pub returns: Type,
    /// The argument it returns, of a function what that returned last; where there is none, what it returns is tagged as an
    /// argument that no signature has.
    pub echoes: Option<usize>,
}

/// Named types that signatures are made of, in EDN; each stands in the library's manifest, which is compared.
/// Structs that cross by address have no padding, because nobody says what a binder leaves there.
pub const DECLARED: &str = "(defenumz Color {:backing :u8} [red 0 green 1 blue 2])
(defenumz Level {:backing :i8} [low -128 mid 0 high 127])
(defenumz Port {:backing :u16} [http 80 https 443 top 65535])
(defenumz Offset {:backing :i16} [back -32768 here 0 ahead 32767])
(defenumz Status [ok 0 missing 404 failed -1])
(defenumz Code {:backing :u32} [none 0 big 4294967295])
(defenumz Tick {:backing :i64} [never -9223372036854775808 now 0 ever 9223372036854775807])
(defenumz Mask {:backing :u64} [empty 0 top 9223372036854775808 full 18446744073709551615])
(deftypez Point [x :f64 y :f64])
(deftypez Pixel [r :u8 g :u8 b :u8])
(deftypez Segment [from Point to Point])
(defrecordz Vec3 [x :f32 y :f32 z :f32])
(deftypez Octets5 [all [:array 5 :u8]])
(deftypez Octets9 [all [:array 9 :u8]])
(deftypez Octets15 [all [:array 15 :u8]])
(deftypez Octets17 [all [:array 17 :u8]])
(deftypez Single1 [a :f32])
(deftypez Single2 [a :f32 b :f32])
(deftypez Single3 [all [:array 3 :f32]])
(deftypez Single4 [a :f32 b :f32 c :f32 d :f32])
(deftypez Single9 [all [:array 9 :f32]])
(deftypez Double1 [a :f64])
(deftypez Double3 [a :f64 b :f64 c :f64])
(deftypez WordDouble [a :i64 b :f64])
(deftypez DoubleWord [a :f64 b :i64])
(deftypez TwoWords [a :i64 b :u64])
(deftypez Shared [a :f32 b :i32])
(deftypez SinglesInt [a :f32 b :f32 c :i32])
(deftypez Narrow [a :i8])
(deftypez Flag [a :bool])
(deftypez Extended1 [a :f80])
(deftypez ExtendedInt [a :f80 b :i32])
(deftypez Int128 [a :i128])
(deftypez WordInt128 [a :i64 b :u128])
";

/// Those that only some binders read: each with what they declare (T-8). The first field of a union reaches as far as any.
const HELD: [(Beyond, &str); 3] = [
    (
        Beyond::Unions,
        "(deftypez Number [d :f64 i :i64] {:layout :union})
(deftypez Reals [d :f64 s [:array 2 :f32]] {:layout :union})
(deftypez Trio [a [:array 3 :f32] b :f64] {:layout :union})
(deftypez Split [singles [:array 4 :f32] words [:array 2 :i64]] {:layout :union})
(deftypez FloatWord [both [:array 2 :f64] pair DoubleWord] {:layout :union})
(deftypez Larger [all [:array 17 :u8] word :i64] {:layout :union})
(deftypez Small [a :i8 b :u8] {:layout :union})
(deftypez NumberBeside [tag :i32 of Number])
",
    ),
    (
        Beyond::Packed,
        "(deftypez PackedPair [a :u8 b :i64] {:layout :packed})
(deftypez PackedSingle [a :u8 b :f32] {:layout :packed})
(deftypez PackedEven [a :f64 b :i64] {:layout :packed})
(deftypez PackedTail [a :i64 b :u8] {:layout :packed})
(deftypez PackedBytes [a :u8 b [:array 2 :u8] c :u8] {:layout :packed})
(deftypez PackedLarge [a :u8 b [:array 3 :f64]] {:layout :packed})
(deftypez PackedWithin [a PackedPair b :i16])
",
    ),
    (
        Beyond::Complex,
        "(deftypez ComplexSingle [re :f32 im :f32] {:layout :complex})
(deftypez ComplexDouble [re :f64 im :f64] {:layout :complex})
(deftypez ComplexInt [z ComplexSingle n :i32])
",
    ),
];

const ENUMS: [&str; 8] = ["Color", "Level", "Port", "Offset", "Status", "Code", "Tick", "Mask"];
const STRUCTS: [&str; 4] = ["Point", "Pixel", "Segment", "Vec3"];
/// Structs that cross as themselves: bytes of sizes that no register has, floats of a kind, both register files, and
/// what is larger than two eightbytes.
const VALUES: [&str; 22] = [
    "Point",
    "Pixel",
    "Segment",
    "Vec3",
    "Octets5",
    "Octets9",
    "Octets15",
    "Octets17",
    "Single1",
    "Single2",
    "Single3",
    "Single4",
    "Single9",
    "Double1",
    "Double3",
    "WordDouble",
    "DoubleWord",
    "TwoWords",
    "Shared",
    "SinglesInt",
    "Narrow",
    "Flag",
];
/// What crosses as itself beyond them, by what it needs, in turn.
fn beyond(of: Beyond) -> Vec<Type> {
    let scalars: &[Scalar] = match of {
        Beyond::Unions | Beyond::Packed | Beyond::Complex => &[],
        Beyond::LongDouble => &[Scalar::F80],
        Beyond::Int128 => &[Scalar::I128, Scalar::U128],
    };
    let named = DECLARATIONS.iter().map(|named| Type::Named(named.name.clone()));
    let all = scalars.iter().map(|scalar| Type::Scalar(*scalar)).chain(named);
    let all = all.filter(|one| DECLARATIONS.beyond(one) == [of].into());
    all.map(|one| Type::ByValue(Box::new(one))).collect()
}
const HANDLES: [&str; 2] = ["Box", "Counter"];

static DECLARATIONS: LazyLock<Declarations> = LazyLock::new(|| {
    let all: String = [DECLARED].into_iter().chain(HELD.map(|(_, text)| text)).collect();
    Declarations::read(&all).expect("the suite's own declarations are valid")
});

/// All named types, also those that not every binder reads.
pub fn declarations() -> &'static Declarations {
    &DECLARATIONS
}

fn held() -> Vec<Held> {
    let held =
        |(needs, text): (Beyond, &str)| Held { needs: [needs].into(), text: text.to_owned() };
    HELD.map(held).to_vec()
}

impl Made {
    /// The signature as EDN.
    pub fn text(&self) -> String {
        let arguments: Vec<String> =
            self.arguments.iter().enumerate().map(|(n, of)| format!("{} {of} ", name(n))).collect();
        format!("[{}:ret {}]", arguments.concat(), self.returns)
    }

    /// Whether an argument is one that the host does not give, because it says how many elements others have (Z-3).
    pub(super) fn counts(&self, argument: usize) -> bool {
        self.arguments.iter().any(|of| counted_by(of) == Some(argument))
    }

    /// The arguments that the host gives, each with its number.
    pub(super) fn given(&self) -> impl Iterator<Item = (usize, &Type)> {
        self.arguments.iter().enumerate().filter(|(number, _)| !self.counts(*number))
    }
}

/// What a call returns that returns an argument of this type.
fn echoed(of: &Type) -> Type {
    match of {
        Type::Function(of) => (*of.returns).clone(),
        of => of.clone(),
    }
}

fn is_enum(name: &str) -> bool {
    DECLARATIONS.enumeration(name).is_some()
}

/// Carriers an argument takes (contract L).
fn carriers(of: &Type) -> usize {
    if matches!(of, Type::Slice { .. }) { 2 } else { 1 }
}

/// The name of an argument of a number.
fn name(argument: usize) -> String {
    format!("a{argument}")
}

/// The number of the argument that says how many elements a type has (Z-3, Z-4).
fn counted_by(of: &Type) -> Option<usize> {
    match of {
        Type::Counted { length, .. } => length.strip_prefix('a')?.parse().ok(),
        _ => None,
    }
}

fn is_float(of: &Type) -> bool {
    matches!(of, Type::Scalar(scalar) if scalar.is_float() && scalar.is_carrier())
}

/// Float registers of the calling convention (System V AMD64 ABI, 3.2.3).
const FLOAT_REGISTERS: usize = 8;
/// Its integer registers.
const INTEGER_REGISTERS: usize = 6;

/// Whether each argument is on the stack, or ends there.
fn stacked(arguments: &[Type]) -> Vec<bool> {
    let (mut integers, mut floats) = (0, 0);
    let stands = |of: &Type| {
        let (used, registers) = if is_float(of) {
            (&mut floats, FLOAT_REGISTERS)
        } else {
            (&mut integers, INTEGER_REGISTERS)
        };
        *used += carriers(of);
        *used > registers
    };
    arguments.iter().map(stands).collect()
}
