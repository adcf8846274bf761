//! A pipe that a subject may answer by, in place of standard output.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::pipe::PipeFlags;

/// Names the pipe of answers in the environment.
pub(super) const VARIABLE: &str = "BOUNDARY_ANSWERS";

/// A pipe for a host whose runtime writes to standard output what no adapter can keep from it, as the Java virtual
/// machine does when it crashes. Like the evidence page it has no name but that of this process's descriptor, so that
/// nothing is left of it.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) pipe: File,
    /// Kept open, so that who opens and closes it does not end it.
    _own: OwnedFd,
    /// Whether an answer came by it.
    pub(super) used: bool,
}

impl Answers {
    /// `None` where a descriptor has no path.
    pub(super) fn make() -> io::Result<Option<Answers>> {
        if !cfg!(target_os = "linux") {
            return Ok(None);
        }
        let (pipe, own) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Some(Answers { pipe: pipe.into(), _own: own, used: false }))
    }

    pub(super) fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.pipe.as_raw_fd())
    }
}
