//! C functions made at run time that live until their owner lets them go.

use std::ffi::c_void;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::{Answer, Cif, Closure};

/// A closure, and what it answers from, which goes with it.
pub struct Lasting<D> {
    closure: ManuallyDrop<Closure<'static>>,
    data: NonNull<D>,
}

impl<D: 'static> Lasting<D> {
    /// A C function of the prototype that is within the data, which answers by `answer`, which is given the address of the
    /// data; `None` where there is no memory for it.
    ///
    /// # Safety
    /// As of [`Cif::closure`], until this is dropped.
    pub unsafe fn new(data: D, cif: fn(&D) -> &Cif, answer: Answer) -> Option<Lasting<D>> {
        let data = NonNull::from(Box::leak(Box::new(data)));
        // SAFETY: it was leaked just now, and is dropped after the closure alone.
        let lasting: &'static D = unsafe { data.as_ref() };
        let place = data.as_ptr().cast_const().cast::<c_void>();
        // SAFETY: by this function's contract; what stands there outlives the closure.
        match unsafe { cif(lasting).closure(answer, place) } {
            Some(closure) => Some(Lasting { closure: ManuallyDrop::new(closure), data }),
            None => {
                // SAFETY: it was leaked above, and nothing has its address.
                drop(unsafe { Box::from_raw(data.as_ptr()) });
                None
            }
        }
    }

    /// What it answers from.
    pub fn data(&self) -> &D {
        // SAFETY: it is dropped with this alone.
        unsafe { self.data.as_ref() }
    }

    /// The C function's address.
    pub fn code(&self) -> *mut c_void {
        self.closure.code()
    }
}

impl<D> Drop for Lasting<D> {
    fn drop(&mut self) {
        // SAFETY: it is dropped here alone.
        unsafe { ManuallyDrop::drop(&mut self.closure) };
        // SAFETY: it was leaked when this was made, and the closure that led to it is gone.
        drop(unsafe { Box::from_raw(self.data.as_ptr()) });
    }
}

impl<D> fmt::Debug for Lasting<D> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.closure.fmt(out)
    }
}
