//! Signals by name.

/// `SIGSEGV`, or `signal 99` where it has no name here: those that end a process by its own fault, and
/// those that others send.
pub(crate) fn name(number: i32) -> String {
    let bus = if cfg!(target_os = "macos") { 10 } else { 7 };
    let name = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        number if number == bus => "SIGBUS",
        _ => return format!("signal {number}"),
    };
    name.to_owned()
}
