//! The Zig package, embedded.

/// Every file of `zig-lib/zig`, by its path in that directory.
pub(crate) const SOURCES: &[(&str, &str)] = &[
    ("aggregates.zig", include_str!("../zig/aggregates.zig")),
    ("argument.zig", include_str!("../zig/argument.zig")),
    ("atomic.zig", include_str!("../zig/atomic.zig")),
    ("bench.zig", include_str!("../zig/bench.zig")),
    ("bench_calls.zig", include_str!("../zig/bench_calls.zig")),
    ("builders.zig", include_str!("../zig/builders.zig")),
    ("elsewhere.zig", include_str!("../zig/elsewhere.zig")),
    ("errno.zig", include_str!("../zig/errno.zig")),
    ("evidence.zig", include_str!("../zig/evidence.zig")),
    ("exports.zig", include_str!("../zig/exports.zig")),
    ("fixtures_aggregates.zig", include_str!("../zig/fixtures_aggregates.zig")),
    ("fixtures_agreement.zig", include_str!("../zig/fixtures_agreement.zig")),
    ("fixtures_buffers.zig", include_str!("../zig/fixtures_buffers.zig")),
    ("fixtures_by_value.zig", include_str!("../zig/fixtures_by_value.zig")),
    ("fixtures_callbacks.zig", include_str!("../zig/fixtures_callbacks.zig")),
    ("fixtures_called_with.zig", include_str!("../zig/fixtures_called_with.zig")),
    ("fixtures_enums.zig", include_str!("../zig/fixtures_enums.zig")),
    ("fixtures_errors.zig", include_str!("../zig/fixtures_errors.zig")),
    ("fixtures_handles.zig", include_str!("../zig/fixtures_handles.zig")),
    ("fixtures_kept.zig", include_str!("../zig/fixtures_kept.zig")),
    ("fixtures_long.zig", include_str!("../zig/fixtures_long.zig")),
    ("fixtures_optionals.zig", include_str!("../zig/fixtures_optionals.zig")),
    ("fixtures_owned.zig", include_str!("../zig/fixtures_owned.zig")),
    ("fixtures_pointers.zig", include_str!("../zig/fixtures_pointers.zig")),
    ("fixtures_scalars.zig", include_str!("../zig/fixtures_scalars.zig")),
    ("fixtures_scaling.zig", include_str!("../zig/fixtures_scaling.zig")),
    ("fixtures_slices.zig", include_str!("../zig/fixtures_slices.zig")),
    ("fixtures_spills.zig", include_str!("../zig/fixtures_spills.zig")),
    ("fixtures_streams.zig", include_str!("../zig/fixtures_streams.zig")),
    ("fixtures_strings.zig", include_str!("../zig/fixtures_strings.zig")),
    ("fixtures_structs.zig", include_str!("../zig/fixtures_structs.zig")),
    ("fixtures_told.zig", include_str!("../zig/fixtures_told.zig")),
    ("fixtures_variadics.zig", include_str!("../zig/fixtures_variadics.zig")),
    ("fixtures_wides.zig", include_str!("../zig/fixtures_wides.zig")),
    ("form.zig", include_str!("../zig/form.zig")),
    ("forms.zig", include_str!("../zig/forms.zig")),
    ("instruments.zig", include_str!("../zig/instruments.zig")),
    ("keeping.zig", include_str!("../zig/keeping.zig")),
    ("ledger.zig", include_str!("../zig/ledger.zig")),
    ("libc.zig", include_str!("../zig/libc.zig")),
    ("lower.zig", include_str!("../zig/lower.zig")),
    ("machine.zig", include_str!("../zig/machine.zig")),
    ("made.zig", include_str!("../zig/made.zig")),
    ("manifest.zig", include_str!("../zig/manifest.zig")),
    ("names.zig", include_str!("../zig/names.zig")),
    ("panic.zig", include_str!("../zig/panic.zig")),
    ("patterns.zig", include_str!("../zig/patterns.zig")),
    ("placed.zig", include_str!("../zig/placed.zig")),
    ("profiles/bench.zig", include_str!("../zig/profiles/bench.zig")),
    ("profiles/checked.zig", include_str!("../zig/profiles/checked.zig")),
    ("profiles/counted.zig", include_str!("../zig/profiles/counted.zig")),
    ("profiles/guard.zig", include_str!("../zig/profiles/guard.zig")),
    ("profiles/race.zig", include_str!("../zig/profiles/race.zig")),
    ("profiles/wary.zig", include_str!("../zig/profiles/wary.zig")),
    ("prototype.zig", include_str!("../zig/prototype.zig")),
    ("register.zig", include_str!("../zig/register.zig")),
    ("release.zig", include_str!("../zig/release.zig")),
    ("result.zig", include_str!("../zig/result.zig")),
    ("root.zig", include_str!("../zig/root.zig")),
    ("series.zig", include_str!("../zig/series.zig")),
    ("signatures.zig", include_str!("../zig/signatures.zig")),
    ("sums.zig", include_str!("../zig/sums.zig")),
    ("types.zig", include_str!("../zig/types.zig")),
    ("wary.zig", include_str!("../zig/wary.zig")),
    ("wrap.zig", include_str!("../zig/wrap.zig")),
];

/// What Zig compiles as C, and what that includes.
pub(crate) const C_SOURCES: &[(&str, &str)] = &[
    ("aggregates.c", include_str!("../zig/aggregates.c")),
    ("aggregates.h", include_str!("../c/aggregates.h")),
    ("by_value.c", include_str!("../zig/by_value.c")),
    ("by_value.h", include_str!("../c/by_value.h")),
    ("placed.h", include_str!("../zig/placed.h")),
    ("registers.h", include_str!("../zig/registers.h")),
    ("variadics.c", include_str!("../zig/variadics.c")),
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::SOURCES;

    fn collect(directory: &Path, prefix: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(directory).expect("the package is there") {
            let entry = entry.expect("the package can be read");
            let name = format!("{prefix}{}", entry.file_name().display());
            if entry.path().is_dir() {
                collect(&entry.path(), &format!("{name}/"), found);
            } else if name.ends_with(".zig") {
                found.push(name);
            }
        }
    }

    #[test]
    fn the_list_is_the_directory() {
        let mut found = Vec::new();
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("zig"), "", &mut found);
        found.sort();
        let listed: Vec<_> = SOURCES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(listed, found);
    }
}
