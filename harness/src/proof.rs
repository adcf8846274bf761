//! Proofs that are no trials: clauses, or parts of clauses, that only the reference binder's own tests
//! can show, each with the test's name. harness/tests/proof.rs checks that every test named here exists
//! and that no clause of the contract is without a trial or a proof.

/// A test that proves a clause, or a part of it, beside the trials that cite the clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The clause.
    pub clause: &'static str,
    /// The file the test stands in, from the root of the workspace.
    pub file: &'static str,
    /// The test.
    pub test: Test,
    /// What of the clause it shows.
    pub shows: &'static str,
}

/// How a test is found in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// A test function of this name.
    Named(&'static str),
    /// A documentation test that must fail to compile with this error, in the documentation of this
    /// item.
    DoesNotCompile {
        /// The compiler's error code.
        error: &'static str,
        /// The item's first words.
        item: &'static str,
    },
}

const SCOPE: &str = "reference-binder/src/scope.rs";
const STREAM: &str = "reference-binder/src/stream.rs";
const BINDING: &str = "harness/tests/binding.rs";
const ALLOCATIONS: &str = "harness/tests/allocations.rs";
const BUFFERS: &str = "reference-binder/tests/native/buffers.rs";
const COLLECTIONS: &str = "reference-binder/tests/native/collections.rs";
const ERRORS: &str = "reference-binder/tests/native/errors.rs";
const OPTIONALS: &str = "reference-binder/tests/native/optionals.rs";
const STREAMS: &str = "reference-binder/tests/native/streams.rs";
const STRUCTS: &str = "reference-binder/tests/native/structs.rs";
const WIDE: &str = "reference-binder/tests/native/wide.rs";
const DIALECTS: &str = "harness/tests/dialects.rs";

const fn test(
    clause: &'static str,
    file: &'static str,
    name: &'static str,
    shows: &'static str,
) -> Proof {
    Proof { clause, file, test: Test::Named(name), shows }
}

/// Every proof, in the order of the clauses.
pub const PROOFS: &[Proof] = &[
    test("B-1", BINDING, "a_library_that_is_not_there_is_named", "a missing library is named"),
    test("B-1", BINDING, "what_is_no_library_is_named", "what is no library is named"),
    test(
        "B-1",
        BINDING,
        "a_truncated_library_is_refused_wherever_it_is_cut",
        "a cut library is refused",
    ),
    test(
        "B-2",
        BINDING,
        "a_bound_function_keeps_its_library",
        "a function outlives every other owner",
    ),
    test(
        "L-3",
        WIDE,
        "integers_of_128_bits_are_exact_and_longs_where_those_hold_them",
        "wide scalars both ways",
    ),
    test(
        "L-6",
        COLLECTIONS,
        "a_pointer_is_to_one_element_of_the_callers_own_array",
        "the address itself",
    ),
    test(
        "L-8",
        COLLECTIONS,
        "an_array_has_exactly_its_length_and_shows_edits",
        "arrays by their address",
    ),
    test("L-9", STRUCTS, "a_struct_goes_in_and_comes_back_with_what_it_nests", "structs both ways"),
    test("L-10", OPTIONALS, "a_returned_pointer_is_copied_and_never_freed", "nullable pointers"),
    test("L-13", BUFFERS, "an_owned_struct_is_copied_and_freed_once", "owned structs"),
    test("L-14", ERRORS, "a_struct_with_buffers_is_freed_on_success_only", "errors and payloads"),
    test("L-16", STREAMS, "items_come_one_by_one_and_the_end_frees_the_iterator_once", "iterators"),
    test(
        "L-17",
        BUFFERS,
        "buffer_fields_reach_the_callee_and_a_mutable_one_shows_its_edits",
        "buffer fields",
    ),
    test("L-18", STRUCTS, "a_struct_goes_in_and_comes_back_with_what_it_nests", "nested structs"),
    test("L-19", COLLECTIONS, "slices_of_structs_and_enums_have_the_stride_of_the_type", "strides"),
    test("L-20", OPTIONALS, "a_returned_struct_is_freed_once_null_included", "optional structs"),
    test(
        "C-10",
        STRUCTS,
        "fields_are_taken_by_name_and_what_is_no_field_is_ignored",
        "fields by name",
    ),
    test("C-11", BUFFERS, "strings_and_bytes_cross_untouched", "strings as bytes"),
    test(
        "C-12",
        STRUCTS,
        "padding_crosses_as_zeros_whatever_an_earlier_call_left",
        "nothing of an earlier call crosses",
    ),
    test("R-7", ERRORS, "success_is_the_payload_and_failure_an_error_value", "errors are data"),
    test("R-9", STRUCTS, "a_struct_goes_in_and_comes_back_with_what_it_nests", "structs are maps"),
    test(
        "R-12",
        STREAM,
        "a_stream_that_is_closed_or_dropped_frees_its_iterator_once",
        "dropped streams",
    ),
    test(
        "D-1",
        DIALECTS,
        "the_corpus_holds_under_every_dialect",
        "the whole corpus under the dialect",
    ),
    test(
        "D-2",
        DIALECTS,
        "the_corpus_holds_under_every_dialect",
        "the whole corpus under the dialect",
    ),
    test(
        "D-3",
        DIALECTS,
        "the_corpus_holds_under_every_dialect",
        "the whole corpus under the dialect",
    ),
    test(
        "D-4",
        DIALECTS,
        "the_corpus_holds_under_every_dialect",
        "the whole corpus under the dialect",
    ),
    test(
        "D-5",
        DIALECTS,
        "the_corpus_holds_under_every_dialect",
        "the whole corpus under the dialect",
    ),
    test(
        "D-6",
        DIALECTS,
        "the_corpus_holds_under_every_dialect",
        "the whole corpus under the dialect",
    ),
    test(
        "D-7",
        DIALECTS,
        "the_corpus_holds_under_every_dialect",
        "the whole corpus under the dialect",
    ),
    test("P-1", ALLOCATIONS, "hot_calls_allocate_nothing", "no heap allocation in any kernel"),
    test("P-2", ALLOCATIONS, "hot_calls_allocate_nothing", "no heap allocation in any kernel"),
    test("A-1", SCOPE, "ids_increase_across_callers_and_are_left_in_order", "ids and their order"),
    test("A-2", SCOPE, "places_are_aligned_apart_and_kept", "random programs against a model"),
    test("A-2", SCOPE, "a_left_scope_is_reused_at_once", "a scope that was left is reusable"),
    Proof {
        clause: "A-3",
        file: SCOPE,
        test: Test::DoesNotCompile { error: "E0505", item: "pub struct Scope<" },
        shows: "a place cannot be held after its scope",
    },
    test("A-4", SCOPE, "a_burst_is_given_back", "one burst does not pin its peak"),
];

/// The proofs of a clause.
pub fn of(clause: &str) -> impl Iterator<Item = &'static Proof> {
    PROOFS.iter().filter(move |proof| proof.clause == clause)
}

impl Proof {
    /// The test as a person finds it: `reference-binder/src/scope.rs: a_burst_is_given_back`.
    pub fn name(&self) -> String {
        match self.test {
            Test::Named(name) => format!("{}: {name}", self.file),
            Test::DoesNotCompile { error, item } => {
                format!("{}: {item} … does not compile ({error})", self.file)
            }
        }
    }
}
