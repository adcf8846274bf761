//! Pages of a stack of scopes: bytes of their own, and where in them a scope began.

#![expect(unsafe_code, reason = "owns a page's memory")]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use super::{NoMemory, ScopeId};

/// What every page is aligned to, and so the largest alignment that costs no padding.
const PAGE_ALIGNMENT: usize = 64;

#[derive(Debug)]
pub(super) struct Page {
    pub(super) memory: NonNull<u8>,
    pub(super) layout: Layout,
}

impl Page {
    /// A page of zeros, so that its bytes may be read whatever was written to them since.
    pub(super) fn new(bytes: usize) -> Result<Page, NoMemory> {
        let layout = Layout::from_size_align(bytes, PAGE_ALIGNMENT).map_err(|_| NoMemory)?;
        // SAFETY: no caller asks for a page of no bytes, so the layout's size is not zero.
        let memory = unsafe { alloc_zeroed(layout) };
        Ok(Page { memory: NonNull::new(memory).ok_or(NoMemory)?, layout })
    }

    pub(super) fn end(&self) -> *mut u8 {
        self.memory.as_ptr().wrapping_add(self.layout.size())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: `memory` came from `alloc_zeroed` with this layout and is freed only here.
        unsafe { dealloc(self.memory.as_ptr(), self.layout) }
    }
}

/// What a scope is left by, and to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) id: ScopeId,
    pub(super) page: u32,
    pub(super) next: *mut u8,
}

/// The page before the first.
pub(super) const NO_PAGE: u32 = u32::MAX;
