//! Numbers drawn from a seed: the same ones wherever the suite runs.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A stream of numbers: SplitMix64 (Steele, Lea, Flood: *Fast splittable pseudorandom number
/// generators*, 2014).
#[derive(Clone, Debug)]
pub struct Draw(SplitMix64);

impl Draw {
    /// The stream of a seed.
    pub fn from(seed: u64) -> Draw {
        Draw(SplitMix64::from_seed(seed.to_le_bytes()))
    }

    /// The next 64 bits.
    pub fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// The seed of the stream from here on.
    pub fn seed(&self) -> u64 {
        u64::from_le_bytes(self.0.state())
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.word()) * bound as u128) >> 64) as usize
    }
}

/// A seed nobody chose, to be printed so that it can be.
pub fn fresh() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one("seed")
}

/// What a seed gives is a promise: trials are made of it, and named by it.
#[test]
fn a_seed_gives_the_same_words_for_ever() {
    let mut draw = Draw::from(1);
    let words = [draw.word(), draw.word(), draw.word()];
    assert_eq!(words, [0x910a_2dec_8902_5cc1, 0xbeeb_8da1_658e_ec67, 0xf893_a2ee_fb32_555e]);
    assert_eq!(draw.seed(), 0xdaa6_6d2c_7ddf_7440);
    let mut draw = Draw::from(1);
    assert_eq!([(); 4].map(|()| draw.below(1000)), [566, 745, 971, 444]);
}
