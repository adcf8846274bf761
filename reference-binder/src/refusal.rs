//! Why a call was refused or its result could not be had (contract C, R-11).

use std::fmt;

pub use contract::CallCode;

/// A call that gave no value: the code, and the argument at fault where there is one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallRefusal {
    code: CallCode,
    argument: u8,
}

/// Stands for "no argument in particular".
const NO_ARGUMENT: u8 = u8::MAX;

impl CallRefusal {
    pub(crate) const fn new(code: CallCode) -> CallRefusal {
        CallRefusal { code, argument: NO_ARGUMENT }
    }

    pub(crate) const fn at(code: CallCode, argument: u8) -> CallRefusal {
        CallRefusal { code, argument }
    }

    /// The code.
    pub const fn code(self) -> CallCode {
        self.code
    }

    /// Index of the argument at fault, where one is.
    pub const fn argument(self) -> Option<usize> {
        if self.argument == NO_ARGUMENT { None } else { Some(self.argument as usize) }
    }

    pub(crate) const fn bits(self) -> u64 {
        self.code as u64 | (self.argument as u64) << 8
    }

    /// What [`CallRefusal::bits`] gave. It cannot panic, so that a caller who only asks whether there is a value
    /// pays nothing for why there is none.
    #[inline(always)]
    pub(crate) fn from_bits(bits: u64) -> CallRefusal {
        let code = CallCode::ALL.get((bits & 0xff) as usize).copied();
        CallRefusal { code: code.unwrap_or(CallCode::ALL[0]), argument: (bits >> 8) as u8 }
    }
}

impl fmt::Debug for CallRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl fmt::Display for CallRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code.as_str())?;
        match self.argument() {
            Some(argument) => write!(out, " at argument {argument}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CallRefusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_register() {
        for (index, &code) in CallCode::ALL.iter().enumerate() {
            assert_eq!(code as usize, index);
            for refusal in [CallRefusal::new(code), CallRefusal::at(code, 3)] {
                assert_eq!(CallRefusal::from_bits(refusal.bits()), refusal);
            }
        }
    }
}
