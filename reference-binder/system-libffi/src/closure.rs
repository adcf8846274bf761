//! C functions made at run time, which hand what they are called with to one function of the program's.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::{NonNull, null_mut};

use libffi_sys::{ffi_cif, ffi_closure, ffi_status, ffi_status_FFI_OK};
use libloading::Library;

/// What a closure calls: the prototype, the place of the result, the places of the arguments, and the data it was
/// made with. An integer is returned in a whole word, extended by its type.
pub type Answer = unsafe extern "C" fn(*mut c_void, *mut c_void, *mut *mut c_void, *mut c_void);

type Alloc = unsafe extern "C" fn(usize, *mut *mut c_void) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void);
type Prepare = unsafe extern "C" fn(
    *mut ffi_closure,
    *mut ffi_cif,
    Option<Answer>,
    *mut c_void,
    *mut c_void,
) -> ffi_status;

/// What libffi makes closures with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symbols {
    alloc: Alloc,
    free: Free,
    prepare: Prepare,
}

impl Symbols {
    pub(crate) fn of(library: &Library) -> Result<Symbols, libloading::Error> {
        // SAFETY: the prototype is that of ffi.h.
        let alloc = *unsafe { library.get::<Alloc>("ffi_closure_alloc") }?;
        // SAFETY: as above.
        let free = *unsafe { library.get::<Free>("ffi_closure_free") }?;
        // SAFETY: as above.
        let prepare = *unsafe { library.get::<Prepare>("ffi_prep_closure_loc") }?;
        // The first closure sets its allocator up, which other threads that make theirs meanwhile are told by a word that
        // no lock guards (dlmalloc.c: `init_mparams`). Nobody else is here yet.
        let mut code = null_mut();
        // SAFETY: the size is a closure's, and the place that of an address.
        let first = unsafe { alloc(size_of::<ffi_closure>(), &raw mut code) };
        if !first.is_null() {
            // SAFETY: it was given just now.
            unsafe { free(first) };
        }
        Ok(Symbols { alloc, free, prepare })
    }
}

/// A C function of a prepared prototype, until this value goes.
#[derive(Debug)]
pub struct Closure<'c> {
    memory: NonNull<c_void>,
    code: *mut c_void,
    free: Free,
    prototype: PhantomData<&'c ffi_cif>,
}

impl<'c> Closure<'c> {
    /// As `Cif::closure`.
    ///
    /// # Safety
    /// As there, and the prototype is prepared by the library that these symbols are of.
    pub(crate) unsafe fn new(
        Symbols { alloc, free, prepare }: Symbols,
        cif: &'c ffi_cif,
        answer: Answer,
        data: *const c_void,
    ) -> Option<Closure<'c>> {
        let mut code = null_mut();
        // SAFETY: the size is a closure's, and the place that of an address.
        let memory = unsafe { alloc(size_of::<ffi_closure>(), &raw mut code) };
        let closure = Closure { memory: NonNull::new(memory)?, code, free, prototype: PhantomData };
        let prototype = std::ptr::from_ref(cif).cast_mut();
        // SAFETY: libffi gave memory of this size and the code that belongs to it; the prototype stays where it is
        // while it is borrowed, and libffi only reads it.
        let status = unsafe {
            prepare(memory.cast(), prototype, Some(answer), data.cast_mut(), closure.code)
        };
        (status == ffi_status_FFI_OK).then_some(closure)
    }

    /// The C function's address.
    pub fn code(&self) -> *mut c_void {
        self.code
    }
}

impl Drop for Closure<'_> {
    fn drop(&mut self) {
        // SAFETY: it was given by libffi's `ffi_closure_alloc`, and goes here alone.
        unsafe { (self.free)(self.memory.as_ptr()) }
    }
}
