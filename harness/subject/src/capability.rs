//! What a subject may declare: the words of `ready`.

use contract::Beyond;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// What a subject may declare beyond what every binder owes; a closed list.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Handles know that they were consumed (C-14).
    ClosedHandles,
    /// It counts scopes and native memory (P-1, P-2).
    Counters,
    /// It says which path serves a function (P-4).
    Paths,
    /// It can be told to serve a function on the general path (P-5).
    ForcePath,
    /// It can be called from several threads at once (N-1).
    Threads,
    /// Its host has a collector that can be run on request.
    Collect,
    /// It has two ways to make a native call, and can be told to take the second.
    Engines,
    /// It can bind functions of another library than that of the start.
    Libraries,
    /// It opens libraries as objects of their own, lets go of them and unloads them (B-2, B-3).
    Unload,
    /// Its host can pass one array object as several arguments of a call (C-9).
    OneArray,
    /// Its host has views: windows of an array, with an offset (C-8).
    Views,
    /// Several threads can bind at once (N-1).
    BindRace,
    /// What it refuses of a signature it says the place of (S-4).
    RefusalPlaces,
    /// What it refuses of a call it says the argument of (C-13).
    ArgumentPlaces,
    /// A reader of a stream that raises ends it, and is heard by who called.
    RaisingReaders,
    /// A stream that nobody holds any more is freed.
    DroppedStreams,
    /// Functions of the host's can be arguments (K-1).
    Callbacks,
    /// Such functions take and give more than carrier scalars (K-9).
    CallbackTypes,
    /// Such a function may raise, and who called hears it (K-4).
    RaisingCallbacks,
    /// Such a function may be called on a thread that the host knows nothing of (K-6).
    ForeignThreads,
    /// Functions of the host's can be kept by the library when a call has returned (K-7, K-8).
    KeptCallbacks,
    /// Structs that cross as themselves (G-1 to G-3).
    ByValue,
    /// Unions that do (G-4).
    Unions,
    /// Packed structs that do (G-5).
    Packed,
    /// Complex numbers that do (G-6).
    Complex,
    /// Extended floats that do (G-7).
    LongDouble,
    /// Integers of 128 bits that do (G-8).
    Int128,
    /// Functions that are variadic in C (W-1 to W-3).
    Variadics,
    /// Strings that end before a NUL (Z-1, Z-2).
    Cstrings,
    /// Arrays whose length another argument says (Z-3, Z-4).
    Lengths,
    /// Arguments that come back (Z-5, Z-6).
    InOut,
    /// It keeps what a call leaves in `errno` (M-4).
    Errno,
    /// Its host says what `errno` holds when a function is entered (M-5).
    SetErrno,
    /// A library at wire level makes loops of calls (N-2).
    Loops,
    /// Its host has no collector: what nobody holds any more is freed at once (N-5).
    NoCollector,
    /// Its host's arrays do not tell integers of one width (C-8).
    SignlessArrays,
    /// Its host's bytes are its arrays of `u8` (C-8, C-11).
    BytesAreU8s,
    /// Its host's text may hold lone surrogates, and it refuses such (C-11).
    SurrogatesRefused,
    /// As that, and it sends U+FFFD for each.
    SurrogatesReplaced,
    /// As that, and it sends `?` for each.
    SurrogatesQuestioned,
}

impl From<Beyond> for Capability {
    fn from(beyond: Beyond) -> Capability {
        match beyond {
            Beyond::Unions => Capability::Unions,
            Beyond::Packed => Capability::Packed,
            Beyond::Complex => Capability::Complex,
            Beyond::LongDouble => Capability::LongDouble,
            Beyond::Int128 => Capability::Int128,
        }
    }
}

impl Capability {
    /// Every capability.
    pub const ALL: &[Capability] = Capability::VARIANTS;

    /// What a host that has lone surrogates may do with them: one of these at the most (C-11).
    pub const HABITS: [Capability; 3] = [
        Capability::SurrogatesRefused,
        Capability::SurrogatesReplaced,
        Capability::SurrogatesQuestioned,
    ];

    /// The name in handshakes and reports.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
