//! Text that a callee wrote, as the host's (contract R-10).

#![expect(
    unsafe_code,
    reason = "writes bytes that were seen to be ASCII where there is room for them"
)]

use crate::refusal::CallCode;

/// Adds ASCII of `N` to `2 * N` bytes to a text that has room for it: the first bytes, and the last, which may be some of the
/// first. Whether it was such.
#[inline(always)]
fn copied<const N: usize>(bytes: &[u8], text: &mut String) -> bool {
    let (Some(first), Some(last)) = (bytes.first_chunk::<N>(), bytes.last_chunk::<N>()) else {
        return false;
    };
    let word = |bytes: &[u8; N]| {
        let mut word = [0; 16];
        word[..N].copy_from_slice(bytes);
        u128::from_ne_bytes(word)
    };
    let is_ascii = (word(first) | word(last)) & u128::from_ne_bytes([0x80; 16]) == 0;
    if is_ascii {
        // SAFETY: what is put there is ASCII.
        let to = unsafe { text.as_mut_vec() };
        let length = to.len() + bytes.len();
        let place = to.spare_capacity_mut().as_mut_ptr().cast::<u8>();
        // SAFETY: there is room for as many bytes, of which `N` and `N` are all.
        unsafe { place.cast::<[u8; N]>().write_unaligned(*first) };
        let end = place.wrapping_add(bytes.len() - N).cast::<[u8; N]>();
        // SAFETY: as above.
        unsafe { end.write_unaligned(*last) };
        // SAFETY: as above.
        unsafe { to.set_len(length) };
    }
    is_ascii
}

/// U+FFFD for each maximal part of a malformed sequence (Unicode 16.0, 3.9, table 3-8).
#[inline(always)]
pub(super) fn decode(bytes: &[u8], text: &mut String) -> Result<(), CallCode> {
    text.try_reserve_exact(bytes.len()).map_err(|_| CallCode::CorruptNativeLength)?;
    // Most are short and ASCII, of which the decoder would first see how they are aligned.
    let is_copied = match bytes.len() {
        4..8 => copied::<4>(bytes, text),
        8..16 => copied::<8>(bytes, text),
        16..=32 => copied::<16>(bytes, text),
        _ => false,
    };
    if !is_copied {
        decode_any(bytes, text);
    }
    Ok(())
}

/// The same of any length and with whatever in it, into a text that has room for what is well-formed.
#[inline(never)]
fn decode_any(bytes: &[u8], text: &mut String) {
    if let Ok(whole) = std::str::from_utf8(bytes) {
        return text.push_str(whole);
    }
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_any_length_with_anything_anywhere_is_decoded_as_the_standard_library_does() {
        let decoded = |bytes: &[u8]| {
            let mut text = String::from("é");
            decode(bytes, &mut text).map(|()| text.split_off("é".len()))
        };
        for length in 0..70 {
            let ascii: Vec<u8> = (0..length).map(|at| b'a' + at % 26).collect();
            assert_eq!(decoded(&ascii).as_deref(), Ok(&*String::from_utf8_lossy(&ascii)));
            for at in 0..ascii.len() {
                for other in [0x00, 0x7f, 0x80, 0xc3, 0xff] {
                    let bytes = [&ascii[..at], &[other], &ascii[at + 1..]].concat();
                    assert_eq!(decoded(&bytes).as_deref(), Ok(&*String::from_utf8_lossy(&bytes)));
                }
            }
        }
    }
}
