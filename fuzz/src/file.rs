//! Text for readers that read files.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that is gone with this value.
pub(crate) struct Written(PathBuf);

impl Written {
    pub(crate) fn holding(bytes: &[u8]) -> Written {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("boundary-fuzz-{}-{number}", process::id());
        let written = Written(folder().join(name));
        let mut file = File::create(&written.0).expect("a file can be made");
        file.write_all(bytes).expect("it can be written");
        written
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// In memory, where there is such a folder: a fuzzer writes thousands a second.
fn folder() -> PathBuf {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() }
}
