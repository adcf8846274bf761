//! Where what stands in an evidence page (docs/evidence.md).

/// What the header takes, with which a page begins.
pub const HEADER_BYTES: usize = 4096;
/// What an event takes.
pub const ENTRY_BYTES: usize = 1024;
/// Events that the ring holds.
pub const ENTRIES: u64 = 1024;

pub(crate) const MAGIC: u64 = 0x3145_4741_505f_4342;
pub(crate) const FAIL_NTH_AT: usize = 128;
pub(crate) const FENCE_BEFORE_AT: usize = 160;
pub(crate) const HOLD_AT: usize = 176;
pub(crate) const NEXT_AT: usize = 192;
pub(crate) const ERRNO_LEFT_AT: usize = 248;
pub(crate) const ERRNO_ENTERED_AT: usize = 264;
pub(crate) const PAGE_BYTES: usize = HEADER_BYTES + ENTRY_BYTES * ENTRIES as usize;

/// Where the entry of an event is.
pub const fn entry_at(event: u64) -> usize {
    HEADER_BYTES + (event % ENTRIES) as usize * ENTRY_BYTES
}

/// The sequence number of the next event, as a header has it.
pub fn next_in(header: &[u8; HEADER_BYTES]) -> u64 {
    let bytes: [u8; 8] = std::array::from_fn(|byte| header[NEXT_AT + byte]);
    u64::from_le_bytes(bytes)
}
