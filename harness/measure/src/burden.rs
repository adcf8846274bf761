//! Extra costs planted beside the calls of a subject, each a kind that a change brings in unseen: what measures must see
//! them, or sees nothing (`conform gate`, tripwires).

use std::cell::RefCell;
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{LazyLock, Mutex};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantArray};

/// An extra cost of each call.
#[derive(
    Clone, Copy, Debug, Display, PartialEq, Eq, Serialize, Deserialize, EnumString, VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Burden {
    /// A block from the allocator, and back.
    Allocation,
    /// A thread-local that is made at its first use.
    ThreadLocal,
    /// A lock that nobody else holds.
    Lock,
    /// A look-up in a hash table of sixteen names.
    LookUp,
    /// Some three instructions: 5 % and more of a short call.
    Instructions,
}

thread_local! {
    static COUNTED: RefCell<Vec<u64>> = RefCell::new(vec![0; 16]);
}

static LOCKED: Mutex<u64> = Mutex::new(0);
static NAMED: LazyLock<HashMap<String, u64>> =
    LazyLock::new(|| (0..16).map(|number| (format!("name-{number}"), number)).collect());

impl Burden {
    /// Every one.
    pub const ALL: &[Burden] = Burden::VARIANTS;

    /// Bears it so many times: how many nanoseconds that took.
    pub(super) fn bear(self, times: u64) -> u64 {
        // Each loop has the one cost in it and nothing to choose.
        match self {
            Burden::Allocation => timed(times, || drop(black_box(Box::new(0_u64)))),
            Burden::ThreadLocal => timed(times, || {
                COUNTED.with_borrow_mut(|counted| counted[black_box(3)] += 1);
            }),
            Burden::Lock => timed(times, || {
                *LOCKED.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += 1;
            }),
            Burden::LookUp => {
                let named = &*NAMED;
                timed(times, || {
                    black_box(named.get(black_box("name-7")));
                })
            }
            Burden::Instructions => timed(times, || {
                black_box(0_u64);
            }),
        }
    }
}

#[inline(always)]
fn timed(times: u64, cost: impl Fn()) -> u64 {
    let start = Instant::now();
    for _ in 0..times {
        cost();
    }
    start.elapsed().as_nanos() as u64
}
