//! The manifest of a fixture library: JSON lines, and EDN within them.

use contract::{Declarations, Type};
use zig_lib::manifest::Manifest;

/// Reads a manifest, and the types that it names.
pub fn read(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let manifest = match Manifest::parse(text) {
        Ok(manifest) => manifest,
        Err(error) => {
            let most = text.lines().count().max(1);
            assert!((1..=most).contains(&error.line), "{error} in {most} lines");
            return;
        }
    };
    let none = Declarations::new();
    for (place, function) in manifest.functions.iter().enumerate() {
        assert_eq!(function.id as usize, place);
        assert_eq!(manifest.function(&function.symbol), Some(function));
        for form in function.params.iter().chain([&function.returns]) {
            let _ = Type::read(form, &none);
        }
    }
}
