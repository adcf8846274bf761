//! What native calls leave in `errno` and find there (M-4, M-5), kept for the thread that makes them: of functions bound
//! with [`BindOptions::errno`](crate::BindOptions::errno), and of no others.

use std::cell::Cell;

use ::errno::{Errno, errno, set_errno};

thread_local! {
    static KEPT: Cell<i32> = const { Cell::new(0) };
}

/// What `errno` of this thread held when its last call of such a function returned; or what was [`set`] since.
pub fn last() -> i32 {
    KEPT.get()
}

/// Has `errno` of this thread hold this when the next such function is entered.
pub fn set(value: i32) {
    KEPT.set(value);
}

/// Makes a native call with what is kept in `errno`, and keeps what it leaves there. Nothing stands between: what looks
/// up a thread's variable for the first time may change it.
#[inline(always)]
pub(crate) fn around<T>(call: impl FnOnce() -> T) -> T {
    set_errno(Errno(last()));
    let answer = call();
    let Errno(left) = errno();
    KEPT.set(left);
    answer
}
