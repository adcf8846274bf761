//! P-1 and P-2 on the reference binder: a call on the scalar or the enum-and-handle path allocates
//! nothing, whichever kernel serves it. Counted exactly, over every pattern of classes that has a
//! kernel of its own and some of those that share one.
#![expect(unsafe_code, reason = "binds a function without parameters to many signatures")]

use contract::{Declarations, Path, Signature};
use reference_binder::heap::Object;
use reference_binder::keyword::Keyword;
use reference_binder::{BindOptions, Caller, Function, Library, Value};
use subject::allocations::{Counting, made};
use zig_lib::library::{Profile, build};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CALLS: usize = 100;

/// Arguments of every class a kernel tells apart, with values that take the short and the longer way.
const INTEGER: &str = ":u8";
const DOUBLE: &str = ":f64";
const CLASSES: [&str; 8] =
    [INTEGER, ":u64", DOUBLE, ":f32", ":f16", ":bool", "AllocationColor", "[:handle Box]"];

const RETURNS: [&str; 12] = [
    ":void",
    ":i8",
    ":i64",
    ":u8",
    ":u64",
    ":f64",
    ":f32",
    ":f16",
    ":bool",
    "AllocationColor",
    "[:handle Box]",
    ":usize",
];

/// The heap allocations of what is done.
fn counted(done: impl FnOnce()) -> u64 {
    let allocations = || made().expect("this binary counts").allocations;
    let before = allocations();
    done();
    allocations() - before
}

struct Binder {
    library: Library,
    declarations: Declarations,
    caller: Caller,
}

impl Binder {
    fn bind(&self, arguments: &[&str], returns: &str) -> Function {
        let arguments = arguments.iter().enumerate();
        let pairs: Vec<String> = arguments.map(|(n, form)| format!("a{n} {form}")).collect();
        self.bind_text(&format!("[{} :ret {returns}]", pairs.join(" ")), None)
    }

    fn bind_text(&self, text: &str, consumes: Option<usize>) -> Function {
        let signature = Signature::read(text, &self.declarations)
            .unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
        let options = BindOptions { consumes, ..BindOptions::default() };
        // SAFETY: `answer` has no parameters and returns one word. By the System V AMD64 ABI the caller
        // owns the argument registers and the stack it pushed, so a callee that looks at neither may
        // be called with any; each return is of a type for which every word is a value.
        let bound = unsafe { self.library.bind("answer", &signature, &self.declarations, options) };
        bound.unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn value(&mut self, class: &str, number: usize) -> Value {
        match class {
            ":u64" if number.is_multiple_of(2) => Value::unsigned(u64::MAX),
            ":u8" | ":u64" | ":i64" => Value::long(number as i64),
            ":bool" => Value::boolean(number.is_multiple_of(2)),
            "AllocationColor" => Value::keyword(Keyword::new("green")),
            "[:handle Box]" => {
                let make = self.bind(&[], "[:handle Box]");
                make.call(&mut self.caller, &[]).expect("a handle")
            }
            // A float parameter also takes integers, which go the longer way.
            _ if number.is_multiple_of(2) => Value::long(number as i64),
            _ => Value::double(1.5),
        }
    }

    /// The heap allocations of many calls, made after one that may fill tables.
    fn allocations(&mut self, function: &Function, arguments: &[Value]) -> u64 {
        assert_ne!(function.path(), Path::General, "{}", function.signature());
        let mut call = || function.call(&mut self.caller, arguments).map(std::hint::black_box);
        let warm = call();
        assert!(warm.is_ok(), "{}: {warm:?}", function.signature());
        counted(|| {
            for _ in 0..CALLS {
                let _ = call();
            }
        })
    }

    fn check(&mut self, arguments: &[&str], returns: &str) {
        let function = self.bind(arguments, returns);
        let numbered = arguments.iter().enumerate();
        let values: Vec<Value> = numbered.map(|(n, class)| self.value(class, n)).collect();
        assert_eq!(self.allocations(&function, &values), 0, "{}", function.signature());
    }
}

fn binder() -> Binder {
    let library = build(Profile::Bench).expect("the fixtures build").path;
    let declared = "(defenumz AllocationColor {:backing :i16} [red 0 green 42])";
    Binder {
        // SAFETY: the suite's own fixtures.
        library: unsafe { Library::open(&library) }.expect("the fixtures load"),
        declarations: Declarations::read(declared).expect("valid"),
        caller: Caller::new(),
    }
}

#[test]
fn hot_calls_allocate_nothing() {
    let mut binder = binder();
    for returns in RETURNS {
        binder.check(&[], returns);
        for a in CLASSES {
            binder.check(&[a], returns);
            for b in CLASSES {
                binder.check(&[a, b], returns);
            }
        }
        // With three and four arguments, the patterns of integers and doubles have kernels.
        for bits in 0..16 {
            let class = |bit: u32| if bits >> bit & 1 == 0 { INTEGER } else { DOUBLE };
            binder.check(&[class(0), class(1), class(2)], returns);
            binder.check(&[class(0), class(1), class(2), class(3)], returns);
        }
        // Everything else is gathered, in registers or beyond them.
        binder.check(&CLASSES[..5], returns);
        binder.check(&CLASSES, returns);
        binder.check(&[CLASSES, CLASSES, CLASSES].concat(), returns);
    }
}

#[test]
fn destructured_calls_allocate_nothing() {
    let mut binder = binder();
    let text = "[n :i64 {a :x b :y} {:x :f64 :y :u8} :ret :i64]";
    let function = binder.bind_text(text, None);
    let entry = |key: &str, value| (Keyword::new(key), value);
    let entries = vec![entry("x", Value::double(0.5)), entry("y", Value::long(255))];
    let map = binder.caller.heap.keep(Object::Map { record: None, entries });
    assert_eq!(binder.allocations(&function, &[Value::long(7), map]), 0);
}

#[test]
fn a_consumed_handle_allocates_nothing() {
    let mut binder = binder();
    let make = binder.bind(&[], "[:handle Box]");
    for returns in [":void", ":i64", ":f64"] {
        let consume = binder.bind_text(&format!("[h [:handle Box] :ret {returns}]"), Some(0));
        let mut cycle = || {
            let handle = make.call(&mut binder.caller, &[]).expect("a handle");
            consume.call(&mut binder.caller, &[handle]).expect("it was open");
        };
        cycle();
        assert_eq!(counted(|| (0..CALLS).for_each(|_| cycle())), 0, "{returns}");
    }
}

#[test]
fn refusals_allocate_nothing() {
    let mut binder = binder();
    for (class, value) in [
        (":u8", Value::long(256)),
        (":u8", Value::NIL),
        (":i32", Value::double(0.5)),
        (":bool", Value::long(1)),
        (":f16", Value::boolean(true)),
        ("AllocationColor", Value::keyword(Keyword::new("blue"))),
        ("[:handle Box]", Value::NIL),
    ] {
        let function = binder.bind(&[class], ":void");
        let refused = |_| {
            assert!(function.call(&mut binder.caller, &[value]).is_err(), "{class}");
            assert!(function.call(&mut binder.caller, &[]).is_err(), "{class}");
        };
        assert_eq!(counted(|| (0..CALLS).for_each(refused)), 0, "{class}");
    }
}

/// The count sees an allocation where there is one: a string comes back as an object.
#[test]
fn the_count_can_fail() {
    let made = counted(|| {
        Caller::new().heap.keep(Object::Text("text".to_owned()));
    });
    assert!(made > 0);
}

#[test]
fn bytes_are_those_that_were_asked_for() {
    let before = made().expect("this binary counts");
    let mut block: Vec<u8> = Vec::with_capacity(100);
    block.reserve_exact(300);
    drop(std::hint::black_box(block));
    let after = made().expect("this binary counts");
    assert_eq!(after.allocations - before.allocations, 2);
    assert_eq!(after.bytes - before.bytes, 400, "a block that is made larger is another");
}
