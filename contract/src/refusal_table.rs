//! Every refusal code with its exact place, and beside each a near miss that is accepted.
//!
//! The offending form of a text stands between `‹` and `›`, which are taken out before it is read.

use std::collections::BTreeSet;

use crate::edn::Position;
use crate::{Declarations, RefusalCode, Signature};

const DECLARED: &str = "
    (defenumz Color {:backing :u8} [red 0 green 1])
    (deftypez Point [x :f64 y :f64])
    (defrecordz Named [name :string at Point])
    (deftypez Counter [next :u64] {:clj-zig/iter {:next \"counter_next\" :deinit \"counter_free\"}})
";

/// Code, and signatures refused with it.
const REFUSED_SIGNATURES: &[(&str, &[&str])] = &[
    (
        "invalid-signature",
        &[
            "‹›",
            "  ; nothing\n‹›",
            "‹{x :i64}›",
            "‹:ret›",
            "[x :i64 :ret :i64\n] ‹y›",
            "‹[›x :i64 :ret :i64",
            "[x :i64 :ret :i64]‹]›",
            "[x ‹::i64› :ret :i64]",
            "[{a :x ‹a› :y} {:x :f64 :y :f64} :ret :i64]",
            "[{a :x} {:x :f64 ‹:y›} :ret :i64]",
        ],
    ),
    ("missing-ret", &["‹[]›", "‹[x :i64]›", "‹[x [:slice :ret]]›"]),
    ("extra-ret", &["[:ret :i64 ‹:ret› :i64]", "[:ret ‹:ret›]"]),
    ("empty-ret", &["[‹:ret›]", "[x :i64\n ‹:ret›]"]),
    ("misplaced-ret", &["[‹:ret› :i64 x :i64]", "[x :i64 ‹:ret› :i64 y]"]),
    (
        "uneven-signature",
        &[
            "[‹x› :ret :i64]",
            "[x :i64 ‹y› :ret :i64]",
            "[‹x› & rest :i64 :ret :i64]",
            "[& ‹rest› :ret :i64]",
            "[& x :i64 ‹y› :ret :i64]",
        ],
    ),
    (
        "misplaced-rest",
        &[
            "[‹&› rest :i64 x :i64 :ret :i64]",
            "[x ‹&› :i64 :ret :i64]",
            "[x :i64 ‹&› :ret :i64]",
            "[‹&› :ret :i64]",
            "[‹&› & rest :i64 :ret :i64]",
            "[& ‹&› :i64 :ret :i64]",
            "[x :i64 :ret ‹&›]",
            "[{‹&› :x} {:x :i64} :ret :i64]",
        ],
    ),
    (
        "invalid-binding",
        &[
            "[‹:x› :i64 :ret :i64]",
            "[‹\"x\"› :i64 :ret :i64]",
            "[‹nil› :i64 :ret :i64]",
            "[‹[a b]› :i64 :ret :i64]",
            "[{‹:keys› [a]} {:a :i64} :ret :i64]",
            "[{a ‹x›} {:x :i64} :ret :i64]",
            "[& ‹{a :x}› {:x :i64} :ret :i64]",
            "[{a :x b :x c :x d :x e :x f :x g :x h :x ‹i› :x} {:x :i64} :ret :i64]",
        ],
    ),
    ("reserved-binding", &["[‹__x› :i64 :ret :i64]", "[{a :x ‹__› :x} {:x :i64} :ret :i64]"]),
    (
        "duplicate-binding",
        &[
            "[x :i64 ‹x› :f64 :ret :i64]",
            "[x :i64 {a :x ‹x› :x} {:x :i64} :ret :i64]",
            "[x :i64 & ‹x› :i64 :ret :i64]",
        ],
    ),
    (
        "unknown-type",
        &[
            "[x ‹64› :ret :i64]",
            "[x [:slice ‹\"u8\"›] :ret :i64]",
            "[x ‹{:x :i64}› :ret :i64]",
            "[x :i64 :ret ‹nil›]",
            "[{a :x} {:x ‹(f)›} :ret :i64]",
        ],
    ),
    (
        "unknown-scalar",
        &[
            "[x ‹:int› :ret :i64]",
            "[x [:slice ‹:u24›] :ret :i64]",
            "[x :i64 :ret ‹:a/i64›]",
            "[{a :x} {:x :f64 :y ‹:f24›} :ret :i64]",
            "[{a :x} ‹:int› :ret :i64]",
            "[x [:error-union E ‹:const›] :ret :i64]",
        ],
    ),
    (
        "malformed-compound",
        &[
            "[x ‹[]› :ret :i64]",
            "[x ‹[slice :u8]› :ret :i64]",
            "[x ‹[:vec :u8]› :ret :i64]",
            "[x ‹[:slice]› :ret :i64]",
            "[x ‹[:slice :const]› :ret :i64]",
            "[x ‹[:slice :mut :u8]› :ret :i64]",
            "[x ‹[:slice :const :u8 :u8]› :ret :i64]",
            "[x ‹[:array :u8]› :ret :i64]",
            "[x ‹[:array -1 :u8]› :ret :i64]",
            "[x ‹[:array 1.5 :u8]› :ret :i64]",
            "[x ‹[:array 18446744073709551616 :u8]› :ret :i64]",
            "[x ‹[:array 9223372036854775807 :u16]› :ret :i64]",
            "[x ‹[:optional]› :ret :i64]",
            "[x ‹[:handle A B]› :ret :i64]",
            "[:ret ‹[:error-union :i64]›]",
            "[:ret ‹[:stream :i64 Counter]›]",
            "[:ret ‹[:stream :i64 in Counter]›]",
            "[:ret ‹[:stream :i64 of :i64]›]",
            "[x [:optional ‹[:ptr]›] :ret :i64]",
        ],
    ),
    (
        "malformed-error-set",
        &["[:ret [:error-union ‹:E› :i64]]", "[:ret [:error-union ‹nil› :bad]]"],
    ),
    (
        "unknown-type-name",
        &[
            "[x ‹Pont› :ret :i64]",
            "[x [:slice :const ‹Pont›] :ret :i64]",
            "[x :i64 :ret [:owned ‹Pont›]]",
            "[{a :x} {:x ‹Pont›} :ret :i64]",
            "[:ret [:stream :i64 of ‹Conter›]]",
            "[:ret [:stream ‹Itm› of Conter]]",
        ],
    ),
    (
        "unknown-field",
        &[
            "[{a :x b ‹:z›} {:x :f64 :y :f64} :ret :i64]",
            "[{a :x} ‹:f64› :ret :i64]",
            "[{a ‹:x›} {x :f64} :ret :i64]",
        ],
    ),
    ("void-argument", &["[x ‹:void› :ret :i64]"]),
    (
        "noreturn-position",
        &[
            "[x ‹:noreturn› :ret :i64]",
            "[:ret ‹:noreturn›]",
            "[x [:slice ‹:noreturn›] :ret :i64]",
            "[& x ‹:noreturn› :ret :i64]",
            "[{a :x} {:x ‹:noreturn›} :ret :i64]",
            "[:ret [:error-union E [:owned ‹:noreturn›]]]",
        ],
    ),
    (
        "unsupported-rest-element",
        &[
            "[& xs ‹:i128› :ret :i64]",
            "[& xs ‹:string› :ret :i64]",
            "[& xs ‹[:slice :i64]› :ret :i64]",
            "[& xs ‹Color› :ret :i64]",
            "[& xs ‹:void› :ret :i64]",
        ],
    ),
    (
        "unsupported-element",
        &[
            "[x [:ptr ‹Point›] :ret :i64]",
            "[x [:manyptr :const ‹Color›] :ret :i64]",
            "[x [:ptr ‹:void›] :ret :i64]",
            "[x [:optional [:ptr ‹:string›]] :ret :i64]",
            "[x [:slice ‹:string›] :ret :i64]",
            "[x [:slice ‹[:slice :u8]›] :ret :i64]",
            "[x [:array 3 ‹[:handle Box]›] :ret :i64]",
            "[:ret [:optional [:ptr ‹Point›]]]",
        ],
    ),
    ("mutable-struct-slice", &["[x ‹[:slice Point]› :ret :i64]", "[x ‹[:slice Color]› :ret :i64]"]),
    (
        "unsupported-optional",
        &[
            "[x ‹[:optional :i128]› :ret :i64]",
            "[x ‹[:optional Color]› :ret :i64]",
            "[x ‹[:optional :string]› :ret :i64]",
            "[x ‹[:optional [:slice :u8]]› :ret :i64]",
            "[x ‹[:optional [:handle Box]]› :ret :i64]",
            "[x ‹[:optional :void]› :ret :i64]",
            "[:ret ‹[:optional [:manyptr :u8]]›]",
            "[:ret ‹[:optional :u128]›]",
            "[:ret ‹[:optional Color]›]",
        ],
    ),
    ("unsupported-buffer-optional", &["[x ‹[:optional Named]› :ret :i64]"]),
    (
        "unsupported-error-union",
        &[
            "[x ‹[:error-union E :i64]› :ret :i64]",
            "[:ret ‹[:error-union E :string]›]",
            "[:ret ‹[:error-union E [:owned [:slice :u8]]]›]",
            "[:ret ‹[:error-union E [:error-union E :i64]]›]",
        ],
    ),
    (
        "unsupported-ownership",
        &[
            "[x ‹[:owned [:slice :u8]]› :ret :i64]",
            "[x ‹[:borrowed Point]› :ret :i64]",
            "[:ret ‹[:owned :i64]›]",
            "[:ret ‹[:owned Color]›]",
            "[:ret ‹[:borrowed :string]›]",
            "[:ret ‹[:owned [:slice :string]]›]",
            "[:ret ‹[:owned [:array 2 :u8]]›]",
        ],
    ),
    ("unsupported-borrowed-buffer-slice", &["[:ret ‹[:borrowed [:slice Named]]›]"]),
    ("unsupported-buffer-struct-return", &["[:ret ‹Named›]"]),
    (
        "unsupported-bytes",
        &[
            "[x ‹[:bytes [:slice :u8]]› :ret :i64]",
            "[:ret ‹[:bytes :u8]›]",
            "[:ret ‹[:bytes [:slice :i8]]›]",
            "[:ret ‹[:bytes [:slice :const :u8]]›]",
        ],
    ),
    (
        "unsupported-stream",
        &[
            "[:ret ‹[:stream :u128 of Counter]›]",
            "[:ret ‹[:stream Point of Counter]›]",
            "[:ret ‹[:stream :i64 of Point]›]",
        ],
    ),
    ("unsupported-stream-argument", &["[x ‹[:stream :i64 of Counter]› :ret :i64]"]),
    ("unsupported-handle", &["[x ‹[:handle :i64]› :ret :i64]", "[:ret ‹[:handle [:ptr :u8]]›]"]),
    (
        "unsupported-return-kind",
        &[
            "[:ret ‹[:slice :u8]›]",
            "[:ret ‹[:array 2 :u8]›]",
            "[:ret ‹[:ptr :u8]›]",
            "[:ret ‹[:manyptr :u8]›]",
        ],
    ),
    (
        "unsupported-field",
        &["[{a :x} {:x ‹:i128›} :ret :i64]", "[{a :x} {:x ‹:string›} :ret :i64]"],
    ),
];

/// Code, and declarations refused with it.
const REFUSED_DECLARATIONS: &[(&str, &[&str])] = &[
    (
        "invalid-signature",
        &[
            "‹(›deftypez A [x :f64]",
            "‹[deftypez A [x :f64]]›",
            "‹()›",
            "(deftypez A [])\n ‹(deffoo A [])›",
        ],
    ),
    (
        "malformed-fields",
        &[
            "‹(deftypez)›",
            "(deftypez ‹\"A\"› [x :f64])",
            "‹(deftypez A)›",
            "(deftypez A ‹{x :f64}›)",
            "(deftypez A [x :f64 ‹y›])",
            "(deftypez A [x :f64] ‹{:next \"f\"}›)",
            "(deftypez A [x :f64] ‹{:clj-zig/iter {:next \"f\" :deinit \"\"}}›)",
            "(deftypez A [x :f64] ‹{:clj-zig/iter {:next \"f\" :deinit \"g\" :x \"h\"}}›)",
            "(defrecordz A [x :f64] ‹{:clj-zig/iter {:next \"f\" :deinit \"g\"}}›)",
        ],
    ),
    ("bad-field-name", &["(deftypez A [x :f64 ‹:y› :f64])", "(deftypez A [‹nil› :bad])"]),
    (
        "duplicate-field",
        &["(deftypez A [x :f64 ‹x› :i64])", "(deftypez A [x :f64]) (defrecordz ‹A› [y :f64])"],
    ),
    ("unknown-scalar", &["(deftypez A [x ‹:int›])", "(deftypez A [x Missing y ‹:int›])"]),
    ("unknown-type", &["(deftypez A [x ‹1›])"]),
    ("malformed-compound", &["(deftypez A [x ‹[:slice]›])"]),
    (
        "unknown-field",
        &[
            "(deftypez A [x ‹B›]) (deftypez B [x :i64])",
            "(deftypez A [next ‹A›])",
            "(deftypez A [x [:slice ‹B›]])",
        ],
    ),
    ("noreturn-position", &["(deftypez A [x ‹:noreturn›])"]),
    (
        "unsupported-field",
        &[
            "(deftypez A [x ‹[:ptr :u8]›])",
            "(deftypez A [x ‹[:manyptr :u8]›])",
            "(deftypez A [x ‹[:optional :u8]›])",
            "(deftypez A [x ‹[:handle Box]›])",
            "(deftypez A [x ‹[:error-union E :u8]›])",
            "(deftypez I [] {:clj-zig/iter {:next \"f\" :deinit \"g\"}})
             (deftypez A [x ‹[:stream :u8 of I]›])",
            "(deftypez A [x ‹:void›])",
            "(deftypez P [x :u8]) (deftypez A [x ‹[:owned P]›])",
        ],
    ),
    (
        "unsupported-element",
        &["(deftypez A [x [:slice ‹:string›]])", "(deftypez A [x [:array 2 ‹[:slice :u8]›]])"],
    ),
    ("malformed-compound", &["(deftypez A [x ‹[:array 9223372036854775807 :u16]›])"]),
    ("unsupported-bytes", &["(deftypez A [x ‹[:bytes :u8]›])"]),
    ("unsupported-ownership", &["(deftypez A [x ‹[:owned :i64]›])"]),
    (
        "unsupported-borrowed-buffer-slice",
        &["(deftypez S [s :string]) (deftypez A [x ‹[:borrowed [:slice S]]›])"],
    ),
    (
        "malformed-members",
        &[
            "‹(defenumz)›",
            "(defenumz ‹:A› [a 0])",
            "‹(defenumz A)›",
            "‹(defenumz A {:backing :u8})›",
            "(defenumz A ‹(a 0)›)",
            "(defenumz A [a 0 ‹b›])",
            "(defenumz A [‹:a› 0])",
            "(defenumz A [a 0] ‹[b 1]›)",
            "(defenumz A {‹:packing› :u8} [a 0])",
        ],
    ),
    ("non-integer-member", &["(defenumz A [a ‹b›])", "(defenumz A [a 0 b ‹1.0›])"]),
    (
        "duplicate-member",
        &[
            "(defenumz A [a 0 ‹a› 1])",
            "(defenumz A [a 0 b ‹0›])",
            "(deftypez A [x :f64]) (defenumz ‹A› [a 0])",
        ],
    ),
    (
        "enum-value-overflow",
        &[
            "(defenumz A {:backing :u8} [a 255 b ‹256›])",
            "(defenumz A {:backing :u8} [a ‹-1›])",
            "(defenumz A {:backing :i8} [a ‹-129›])",
            "(defenumz A [a ‹2147483648›])",
            "(defenumz A {:backing :u64} [a ‹18446744073709551616›])",
            "(defenumz A {:backing :i64} [a ‹340282366920938463463374607431768211456›])",
        ],
    ),
    (
        "bad-enum-backing",
        &[
            "(defenumz A {:backing ‹:u128›} [a 0])",
            "(defenumz A {:backing ‹:f32›} [a 0])",
            "(defenumz A {:backing ‹:bool›} [a 0])",
            "(defenumz A {:backing ‹u8›} [a x])",
        ],
    ),
];

/// Near misses of the signatures above.
const ACCEPTED_SIGNATURES: &[&str] = &[
    "[:ret :void] ; no arguments",
    "#_ old [x, :i64 :ret :i64]",
    "[x [:slice :const :u8]\n y :string :ret :bool]",
    "[& rest :i64 :ret :void]",
    "[x :i64 & rest :f16 :ret :void]",
    "[ret :i64 _x :i64 :ret :i64]",
    "[{a :x b :y} {:x :f64 :y :bool :z [:slice :u8]} :ret :void]",
    "[{a :x b :x c :x d :x e :x f :x g :x h :x} {:x :i64} x :i64 :ret :i64]",
    "[x [:array 0 :u8] y [:array 3 Point] z [:array 2 Color] :ret :void]",
    "[x [:array 9223372036854775807 :u8] :ret :void]",
    "[x [:ptr :i128] y [:manyptr :const :f80] z [:slice :bool] :ret :void]",
    "[x [:slice :const Point] y [:slice :const Color] z [:slice :const Named] :ret :void]",
    "[x [:optional [:ptr :u8]] y [:optional [:manyptr :const :u128]] :ret :void]",
    "[x [:optional :f64] y [:optional Point] :ret :void]",
    "[x Named y Counter z Color w [:handle Undeclared] :ret [:handle Undeclared]]",
    "[x :i128 y :f80 :ret :f128]",
    "[:ret :string]",
    "[:ret Color]",
    "[:ret Point]",
    "[:ret [:optional [:ptr :const :u128]]]",
    "[:ret [:optional :bool]]",
    "[:ret [:optional Named]]",
    "[:ret [:error-union anyerror :void]]",
    "[:ret [:error-union E :u128]]",
    "[:ret [:error-union E Color]]",
    "[:ret [:error-union E Named]]",
    "[:ret [:owned Named]]",
    "[:ret [:borrowed Named]]",
    "[:ret [:owned [:slice Named]]]",
    "[:ret [:borrowed [:slice :const Point]]]",
    "[:ret [:bytes [:slice :u8]]]",
    "[:ret [:stream :u64 of Counter]]",
];

/// Near misses of the declarations above.
const ACCEPTED_DECLARATIONS: &[&str] = &[
    "",
    "(deftypez A [])",
    "(defenumz A [])",
    "(defenumz A {} [a -2147483648 b 2147483647])",
    "(defenumz A {:backing :u64} [a 0 b 18446744073709551615])",
    "(defenumz A {:backing :i8} [a -128 b 127N])",
    "(deftypez A [x :f80 y :string z [:bytes [:slice :u8]] w [:slice :const :u8]])
     (defrecordz B [a A bs [:owned [:slice A]] cs [:borrowed [:slice :i128]]])",
    "(deftypez A [x :u8] {:clj-zig/iter {:deinit \"g\" :next \"f\"}})",
];

/// The text without its marks, the offending form and its place.
fn unmark(marked: &str) -> (String, String, Position) {
    let (before, rest) = marked.split_once('‹').expect("a mark opens");
    let (form, after) = rest.split_once('›').expect("a mark closes");
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let position = Position {
        offset: before.len(),
        line: 1 + before.matches('\n').count(),
        column: 1 + before[line_start..].chars().count(),
    };
    (format!("{before}{form}{after}"), form.to_owned(), position)
}

fn check<T: std::fmt::Debug>(
    table: &[(&str, &[&str])],
    read: impl Fn(&str) -> Result<T, super::Refusal>,
) {
    for (code, texts) in table {
        for marked in *texts {
            let (text, form, position) = unmark(marked);
            let refusal = read(&text).expect_err(marked);
            assert_eq!(refusal.code.as_str(), *code, "{marked}: {refusal}");
            assert_eq!(
                (refusal.form.as_str(), refusal.position),
                (form.as_str(), position),
                "{marked}"
            );
        }
    }
}

#[test]
fn signatures_are_refused_with_one_code_form_and_place() {
    let declared = Declarations::read(DECLARED).expect("valid declarations");
    check(REFUSED_SIGNATURES, |text| Signature::read(text, &declared));
}

#[test]
fn declarations_are_refused_with_one_code_form_and_place() {
    check(REFUSED_DECLARATIONS, Declarations::read);
}

#[test]
fn near_misses_are_accepted() {
    let declared = Declarations::read(DECLARED).expect("valid declarations");
    for text in ACCEPTED_SIGNATURES {
        Signature::read(text, &declared).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    }
    for text in ACCEPTED_DECLARATIONS {
        Declarations::read(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    }
}

#[test]
fn the_table_hits_every_code_this_binder_says() {
    let tables = REFUSED_SIGNATURES.iter().chain(REFUSED_DECLARATIONS);
    let hit: BTreeSet<&str> = tables.map(|(code, _)| *code).collect();
    let said = RefusalCode::ALL
        .iter()
        .filter(|code| **code != RefusalCode::UnsupportedCarrier)
        .map(|code| code.as_str());
    assert_eq!(hit, said.collect());
}

#[test]
fn precedence_is_shape_then_types_then_names_then_arguments_then_the_return() {
    let declared = Declarations::read(DECLARED).expect("valid declarations");
    // Each of the first six holds the faults of those after it.
    let all = [
        ("[x :void y Pont z :int z :i64 :ret [:slice :u8]", "invalid-signature"),
        ("[x :void y Pont z :int z :i64 :ret [:slice :u8]]", "duplicate-binding"),
        ("[x :void y Pont z :int w :i64 :ret [:slice :u8]]", "unknown-scalar"),
        ("[x :void y Pont :ret [:slice :u8]]", "unknown-type-name"),
        ("[x :void :ret [:slice :u8]]", "void-argument"),
        ("[:ret [:slice :u8]]", "unsupported-return-kind"),
        ("[x [:slice [:vec] :b] y :int :ret :int]", "malformed-compound"),
        ("[x [:slice [:vec]] y :int :ret :int]", "malformed-compound"),
        ("[x :i64 y [:handle :i64] z :void :ret :i64]", "unsupported-handle"),
    ];
    for (text, code) in all {
        let refusal = Signature::read(text, &declared).expect_err(text);
        assert_eq!(refusal.code.as_str(), code, "{text}");
    }
}

#[test]
fn a_struct_no_memory_could_hold_is_refused() {
    let mut text = "(deftypez S0 [a :u128 b :u128])".to_owned();
    for n in 1..64 {
        let inner = n - 1;
        text += &format!("\n(deftypez S{n} [a S{inner} b S{inner}])");
    }
    let refusal = Declarations::read(&text).expect_err("larger than an address space");
    assert_eq!(refusal.code, RefusalCode::UnsupportedField);
    // S57 has 2^62 bytes; its second twin would make S58 too large.
    assert_eq!((refusal.position.line, refusal.form.as_str()), (59, "S57"));
}
