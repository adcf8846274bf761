//! Struct layouts of the contract against those of Zig, on structs drawn from a seed.

use harness::layouts;

/// A seed of its own each week would find more, and make a failure nobody's; `conform layouts` draws one.
const SEED: u64 = 0x5eed;

#[test]
fn the_contract_lays_structs_out_as_zig_does() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let compared = layouts::compare(SEED, layouts::COUNT, folder.path());
    let compared = compared.unwrap_or_else(|error| panic!("{error}"));
    let differences = compared.differences;
    assert!(differences.is_empty(), "seed {SEED}:\n{}", differences.join("\n"));
    assert_eq!(compared.structs, layouts::COUNT);
    assert!(compared.fields > layouts::COUNT, "{} fields", compared.fields);
}
